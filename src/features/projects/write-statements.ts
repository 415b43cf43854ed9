import { actorParameters, insertEntries } from "../../core/audit/record.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import { Parameter, toTemplate } from "../../db/statement.js";
import { projectRow } from "./row.js";

const parameter = (name: string) => Prisma.sql`${new Parameter(name)}`;
const now = Prisma.sql`${new Parameter("now")}::timestamptz`;

/**
 * Makes a project. Selects nothing if its owner has one with this id, or was locked or deleted meanwhile: it waits for a
 * deletion of the owner, which then either sees the project or leaves it no owner.
 */
export const insertProject = toTemplate(Prisma.sql`
  WITH owner AS (SELECT "id" FROM "User" WHERE "id" = ${parameter("ownerId")}::uuid AND "lockedAt" IS NULL FOR KEY SHARE),
  made AS (
    INSERT INTO "Project" ("ownerId", "id", "name", "icon", "color", "createdAt", "updatedAt")
    SELECT owner."id", ${parameter("id")}::text, ${parameter("name")}::text, ${parameter("icon")}::text, ${parameter("color")}::text, ${now}, ${now}
    FROM owner ON CONFLICT ("id", "ownerId") DO NOTHING RETURNING *
  ), recorded AS (${insertEntries({
    from: Prisma.sql`made`,
    at: now,
    action: Prisma.sql`'PROJECT_CREATED'`,
    actor: actorParameters,
    ownerId: Prisma.sql`made."ownerId"`,
    projectId: Prisma.sql`made."id"`,
  })})
  SELECT ${projectRow.column} FROM made p`);

const LOOKS = ["name", "icon", "color"] as const;

/** SQL for the names of the looks that differ between the rows called old and changed. */
const changedLooks = Prisma.join(
  LOOKS.map((look) => Prisma.raw(`CASE WHEN old."${look}" <> changed."${look}" THEN '${look}' END`)),
  ", ",
);

/** Gives a project other looks; null leaves one as it is. Looks that are equal to the old ones are no change worth recording. */
export const updateProject = toTemplate(Prisma.sql`
  WITH old AS (SELECT "key", "name", "icon", "color" FROM "Project" WHERE "key" = ${new Parameter("key")} FOR NO KEY UPDATE),
  changed AS (
    UPDATE "Project" p SET "updatedAt" = ${now}, ${Prisma.join(
      LOOKS.map((look) => Prisma.sql`${Prisma.raw(`"${look}"`)} = COALESCE(${parameter(look)}::text, old.${Prisma.raw(`"${look}"`)})`),
      ", ",
    )}
    FROM old WHERE p."key" = old."key" RETURNING p.*
  ), differing AS (
    SELECT changed."ownerId", changed."id", array_remove(ARRAY[${changedLooks}], NULL) AS "looks" FROM changed JOIN old ON old."key" = changed."key"
  ), recorded AS (${insertEntries({
    from: Prisma.sql`differing WHERE cardinality(differing."looks") > 0`,
    at: now,
    action: Prisma.sql`'PROJECT_CHANGED'`,
    actor: actorParameters,
    ownerId: Prisma.sql`differing."ownerId"`,
    projectId: Prisma.sql`differing."id"`,
    details: Prisma.sql`jsonb_build_object('changed', differing."looks")`,
  })})
  SELECT ${projectRow.column} FROM changed p`);
