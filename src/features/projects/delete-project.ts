import { actorParameters, insertEntries, toActorValues, type Actor, type AuditDetails } from "../../core/audit/record.js";
import type { Query, Transaction } from "../../db/engine.js";
import { Prisma, type Project } from "../../db/generated/prisma/client.js";
import type { Encoded } from "../../db/row-codec.js";
import { Parameter, toTemplate } from "../../db/statement.js";
import type { Clock } from "../../platform/clock.js";
import type { Deadline } from "../../platform/deadline.js";
import { projectRow } from "./row.js";

/** How many sessions are deleted at once. */
const PART = 500;

/** The entry of the audit log that counts what goes in parts. It begins with the first part and grows with each. */
export type PartsEntry = {
  readonly entryId: string;
  readonly at: Date;
  readonly ownerId: string;
  /** Null if a user is deleted with all projects. */
  readonly projectId: string | null;
  readonly details: AuditDetails;
};

type Deletion = {
  readonly actor: Actor | null;
  readonly parts: PartsEntry;
  readonly deadline: Deadline | undefined;
};

/** The project as it was when it went, what of its sessions went with it, and their bytes. */
export type Deleted = { readonly project: Project; readonly sessions: number; readonly bytes: bigint };

type Counts = { readonly deleted: number; readonly bytes: bigint };
type Dependencies = { readonly query: Query; readonly transaction: Transaction; readonly clock: Clock };

/**
 * Deletes projects with all their sessions, and gives the bytes back to the owner's quota. Many sessions go in parts, each for
 * good: all at once they could take longer than a statement may, every time, and would hold others up. Who repeats a deletion
 * that was broken off goes on with what is left.
 */
export function createProjectDeletion({ query, transaction, clock }: Dependencies) {
  /** Deletes sessions until less than a part of them is left. */
  async function deleteParts(key: bigint, { actor, parts, deadline }: Deletion): Promise<Counts> {
    let total: Counts = { deleted: 0, bytes: 0n };
    for (;;) {
      const values = { key, ...parts, details: JSON.stringify(parts.details), ...toActorValues(actor) };
      const [part = { deleted: 0, bytes: 0n }] = await query<Counts>(deletePart(values), deadline);
      total = { deleted: total.deleted + part.deleted, bytes: total.bytes + part.bytes };
      if (part.deleted < PART) return total;
    }
  }

  /** Returns undefined if another deletion was faster. With a user, a project has no entry of its own: it is counted. */
  return async (
    { key, sessionCount }: Pick<Project, "key" | "sessionCount">,
    { isWithUser, ...deletion }: Deletion & { readonly isWithUser: boolean },
  ): Promise<Deleted | undefined> => {
    const before = sessionCount > PART ? await deleteParts(key, deletion) : { deleted: 0, bytes: 0n };
    const { actor, parts, deadline } = deletion;
    return transaction(async (run) => {
      // A statement sees the rows of the time when it began. Without the lock before it, it would not count a session that is stored
      // meanwhile, whose bytes would stay in the owner's quota for ever.
      await run(lockProject({ key }));
      const now = clock.now();
      const values = { key, ...parts, details: JSON.stringify(parts.details), before: before.deleted, now, ...toActorValues(actor) };
      const [found] = await run<Encoded<{ bytes: bigint }>>(isWithUser ? deleteWithUser(values) : deleteAlone(values));
      if (found === undefined) return undefined;
      const { bytes, ...project } = projectRow.read(found);
      const sessions = before.deleted + project.sessionCount;
      const storedBytes = before.bytes + project.storedBytes;
      return { project: { ...project, sessionCount: sessions, storedBytes }, sessions, bytes: before.bytes + bytes };
    }, deadline);
  };
}

const key = new Parameter("key");
const parameter = (name: string) => Prisma.sql`${new Parameter(name)}`;

/** Adds to the entry of the parts what `sums` has of "sessions" and "projects", or makes the entry. */
const recordPart = Prisma.sql`
  grown AS (
    UPDATE "AuditEntry" e SET "details" = e."details" || jsonb_strip_nulls(jsonb_build_object(
      'sessions', COALESCE((e."details"->>'sessions')::bigint, 0) + sums."sessions",
      'projects', NULLIF(COALESCE((e."details"->>'projects')::bigint, 0) + sums."projects", 0)))
    FROM sums WHERE e."at" = ${parameter("at")}::timestamptz AND e."id" = ${parameter("entryId")}::uuid RETURNING 1
  ), begun AS (${insertEntries({
    id: parameter("entryId"),
    from: Prisma.sql`sums WHERE NOT EXISTS (SELECT FROM grown) AND sums."sessions" + sums."projects" > 0`,
    at: parameter("at"),
    action: Prisma.sql`'SESSIONS_DELETED'`,
    actor: actorParameters,
    ownerId: parameter("ownerId"),
    projectId: parameter("projectId"),
    details: Prisma.sql`${parameter("details")}::jsonb || jsonb_strip_nulls(jsonb_build_object('sessions', sums."sessions", 'projects', NULLIF(sums."projects", 0)))`,
  })})`;

const deletePart = toTemplate(Prisma.sql`
  WITH project AS (SELECT "key", "ownerId" FROM "Project" WHERE "key" = ${key} FOR UPDATE),
  part AS (SELECT s."key" FROM "Session" s JOIN project p ON s."projectKey" = p."key" ORDER BY s."key" LIMIT ${Prisma.raw(String(PART))}),
  gone AS (DELETE FROM "Session" WHERE "key" IN (SELECT "key" FROM part)
    RETURNING "markdownSize"::bigint + "rawDataSize" + "sessionDataSize" AS "bytes"),
  sums AS (SELECT count(*)::int AS "sessions", 0 AS "projects", COALESCE(SUM("bytes"), 0)::bigint AS "bytes" FROM gone),
  counted AS (UPDATE "Project" SET "sessionCount" = "sessionCount" - (SELECT "sessions" FROM sums), "storedBytes" = "storedBytes" - (SELECT "bytes" FROM sums) WHERE "key" IN (SELECT "key" FROM project)),
  freed AS (UPDATE "User" SET "storedBytes" = "storedBytes" - (SELECT "bytes" FROM sums) WHERE "id" IN (SELECT "ownerId" FROM project)),
  ${recordPart}
  SELECT "sessions" AS "deleted", "bytes" FROM sums`);

const lockProject = toTemplate(Prisma.sql`SELECT 1 FROM "Project" WHERE "key" = ${key} FOR UPDATE`);

const deletion = Prisma.sql`
  WITH gone AS (DELETE FROM "Project" WHERE "key" = ${key} RETURNING *),
  size AS (
    SELECT COALESCE(SUM("markdownSize"::bigint + "rawDataSize" + "sessionDataSize"), 0)::bigint AS "bytes" FROM "Session" WHERE "projectKey" = ${key}),
  freed AS (UPDATE "User" SET "storedBytes" = "storedBytes" - (SELECT "bytes" FROM size) WHERE "id" = (SELECT "ownerId" FROM gone))`;
const deleted = Prisma.sql`SELECT ${projectRow.column}, size."bytes" FROM gone p CROSS JOIN size`;

const deleteAlone = toTemplate(Prisma.sql`${deletion},
  recorded AS (${insertEntries({
    from: Prisma.sql`gone`,
    at: parameter("now"),
    action: Prisma.sql`'PROJECT_DELETED'`,
    actor: actorParameters,
    ownerId: Prisma.sql`gone."ownerId"`,
    projectId: Prisma.sql`gone."id"`,
    details: Prisma.sql`jsonb_build_object('sessions', ${parameter("before")}::int + gone."sessionCount")`,
  })})
  ${deleted}`);

const deleteWithUser = toTemplate(Prisma.sql`${deletion},
  sums AS (SELECT "sessionCount" AS "sessions", 1 AS "projects" FROM gone),
  ${recordPart}
  ${deleted}`);
