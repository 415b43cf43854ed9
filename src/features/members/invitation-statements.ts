import { actorParameters, insertEntries } from "../../core/audit/record.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import { Parameter, toTemplate } from "../../db/statement.js";
import { projectRow } from "../projects/row.js";
import { memberColumns, memberWithEmail } from "./member-row.js";

/** The most open invitations of one project. */
export const MOST_OPEN = 100;

const [id, key, email] = [new Parameter("id"), new Parameter("key"), new Parameter("email")];
const role = Prisma.sql`${new Parameter("role")}::"MemberRole"`;
const now = Prisma.sql`${new Parameter("now")}::timestamptz`;
const userId = Prisma.sql`${new Parameter("userId")}::uuid`;

/** Gives the member with an address a role, perhaps the one it has. Selects nothing if the project has no such member. */
export const changeRole = toTemplate(Prisma.sql`
  WITH old AS (SELECT "userId", "role" FROM "ProjectMember" WHERE "projectKey" = ${key} AND "userId" = (${memberWithEmail}))
  UPDATE "ProjectMember" m SET "role" = ${role} FROM old JOIN "User" u ON u."id" = old."userId"
  WHERE m."projectKey" = ${key} AND m."userId" = old."userId" RETURNING ${memberColumns}, old."role" <> m."role" AS "isChanged"`);

/**
 * Invites an address, or renews its invitation. Selects nothing if the project has too many open invitations to others. It
 * removes those that are void, so that a project never has more rows than it may have open ones.
 */
export const invite = toTemplate(Prisma.sql`
  WITH void AS (DELETE FROM "Invitation" WHERE "projectKey" = ${key} AND "expiresAt" <= ${now} AND "email" <> ${email})
  INSERT INTO "Invitation" AS i ("id", "projectKey", "email", "role", "createdAt", "expiresAt")
  SELECT ${id}::uuid, ${key}::bigint, ${email}::text, ${role}, ${now}, ${new Parameter("expiresAt")}::timestamptz
  WHERE (SELECT count(*) FROM "Invitation" WHERE "projectKey" = ${key} AND "expiresAt" > ${now} AND "email" <> ${email}) < ${Prisma.raw(String(MOST_OPEN))}
  ON CONFLICT ("projectKey", "email") DO UPDATE
    SET "role" = EXCLUDED."role", "createdAt" = EXCLUDED."createdAt", "expiresAt" = EXCLUDED."expiresAt"
  RETURNING "id", "email", "role"::text AS "role", "createdAt", "expiresAt"`);

/** The open invitations, called i, of the user called u whose id is given. A user who was locked meanwhile has none. */
const isOwn = Prisma.sql`u."id" = ${userId} AND u."lockedAt" IS NULL AND i."email" = u."email" AND i."expiresAt" > ${now}`;

export const listOwn = toTemplate(Prisma.sql`
  SELECT i."id", i."email", i."role"::text AS "role", i."createdAt", i."expiresAt",
    p."id" AS "projectId", p."name" AS "projectName", o."email" AS "invitedBy"
  FROM "User" u JOIN "Invitation" i ON ${isOwn} JOIN "Project" p ON p."key" = i."projectKey" JOIN "User" o ON o."id" = p."ownerId"
  ORDER BY i."createdAt" DESC, i."id" DESC LIMIT ${new Parameter("limit")} OFFSET ${new Parameter("offset")}`);

/**
 * Locks the project of an open invitation before the invitation, in the order in which all others lock them. Selects nothing
 * if the id names no open invitation of the user.
 */
export const lockProjectOfOwn = toTemplate(Prisma.sql`SELECT 1 FROM "Project"
  WHERE "key" = (SELECT i."projectKey" FROM "Invitation" i, "User" u WHERE i."id" = ${id}::uuid AND ${isOwn}) FOR NO KEY UPDATE`);

/**
 * Turns an invitation into a membership. Selects nothing if it was answered or withdrawn meanwhile. During an upgrade a process
 * of the version before may have made the user a member without asking.
 */
export const acceptOwn = toTemplate(Prisma.sql`
  WITH taken AS (
    DELETE FROM "Invitation" i USING "User" u WHERE i."id" = ${id}::uuid AND ${isOwn} RETURNING i."projectKey", i."role"
  ), joined AS (
    INSERT INTO "ProjectMember" ("projectKey", "userId", "role", "createdAt") SELECT "projectKey", ${userId}, "role", ${now} FROM taken
    ON CONFLICT ("projectKey", "userId") DO UPDATE SET "role" = EXCLUDED."role"
  ), recorded AS (${insertEntries({
    from: Prisma.sql`taken JOIN "Project" p ON p."key" = taken."projectKey"`,
    at: now,
    action: Prisma.sql`'MEMBER_JOINED'`,
    actor: actorParameters,
    ownerId: Prisma.sql`p."ownerId"`,
    projectId: Prisma.sql`p."id"`,
    details: Prisma.sql`jsonb_build_object('role', taken."role")`,
  })}) SELECT ${projectRow.column}, taken."role"::text AS "role" FROM taken JOIN "Project" p ON p."key" = taken."projectKey"`);

/** Deletes an invitation. The entry is one of the invited user's account, since nobody else is told. */
export const declineOwn = toTemplate(Prisma.sql`
  WITH declined AS (
    DELETE FROM "Invitation" i USING "User" u WHERE i."id" = ${id}::uuid AND ${isOwn} RETURNING i."id", i."projectKey"
  ), recorded AS (${insertEntries({
    from: Prisma.sql`declined JOIN "Project" p ON p."key" = declined."projectKey"`,
    at: now,
    action: Prisma.sql`'INVITATION_DECLINED'`,
    actor: actorParameters,
    ownerId: userId,
    details: Prisma.sql`jsonb_build_object('projectId', p."id", 'projectOwnerId', p."ownerId")`,
  })}) SELECT "id" FROM declined`);
