import { requireScope, type Principal } from "../../core/auth/principal.js";
import { Prisma, type PrismaClient } from "../../db/generated/prisma/client.js";
import type { Encoded } from "../../db/row-codec.js";
import { AppError } from "../../core/errors/app-error.js";
import type { Clock } from "../../platform/clock.js";
import type { Random } from "../../platform/random.js";
import { requireRole, roleOf, type Role } from "../projects/access.js";
import { toEtag } from "./etag.js";
import type { SaveSession } from "./input.js";
import { sessionRow, type SessionRow } from "./row.js";
import type { SessionService } from "./service.js";
import { toStoredVersion, type StoredVersion } from "./stored-version.js";

export type SessionWriteService = ReturnType<typeof createSessionWriteService>;
export type SavedSession = { readonly session: SessionRow; readonly created: boolean };

/** What only the server itself may say of a session it stores: an import keeps the time at which it was begun. */
type Origin = { readonly createdAt?: Date };

type Dependencies = {
  readonly prisma: PrismaClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly sessions: SessionService;
  /** Bytes that one owner may store, if that is limited. */
  readonly quotaBytes: number | undefined;
};

type Target = { readonly key: bigint; readonly ownerId: string; readonly role: Role };
type Outcome = { readonly previousEtag: string | null; readonly isWithinQuota: boolean };
type WriteOutcome = SessionRow & Outcome;

/** Storing and deleting sessions. A write is one transaction: content, index, counters and quota change together or not at all. */
export function createSessionWriteService({ prisma, clock, random, sessions, quotaBytes }: Dependencies) {
  /**
   * Creates a session or replaces the one with its id; the project is made where the caller has none with that id.
   * @throws CONFLICT for a stale `expectedEtag` or an id that another project of the same owner uses; QUOTA_EXCEEDED
   */
  async function save(principal: Principal, input: SaveSession, origin: Origin = {}): Promise<SavedSession> {
    requireScope(principal, "sessions:write");
    const id = input.id ?? random.uuid();
    const version = toStoredVersion(input);
    return prisma.$transaction(async (tx) => {
      // Where the project is deleted while its lock is waited for, the second try makes a new one.
      const project = (await lockProject(tx, principal, input)) ?? (await lockProject(tx, principal, input));
      const details = { projectId: input.projectId, sessionId: id };
      if (project === undefined) throw new AppError("RESOURCE_CONFLICT", { message: "The project was deleted meanwhile", details });
      requireRole(project.role, "EDITOR", details);
      const outcome = await write(tx, project, id, version, origin);
      requireNoConflict(outcome, input.expectedEtag, details);
      return { session: outcome, created: outcome.previousEtag === null };
    });
  }

  /** The project that the id means to the caller, or a new one, held until the transaction ends. */
  async function lockProject(
    tx: Prisma.TransactionClient,
    principal: Principal,
    { projectId, projectName }: SaveSession,
  ): Promise<Target | undefined> {
    const role = roleOf(principal, Prisma.raw("p"));
    const now = clock.now();
    const [project] = await tx.$queryRaw<Target[]>`
      WITH known AS (
        SELECT p."key", p."ownerId", ${role.column} FROM "Project" p ${role.join}
        WHERE p."id" = ${projectId} AND ${role.isReachable} ORDER BY ${role.order} LIMIT 1
      ), locked AS (
        SELECT "key" FROM "Project" WHERE "key" = (SELECT "key" FROM known) FOR UPDATE
      ), made AS (
        INSERT INTO "Project" ("ownerId", "id", "name", "createdAt", "updatedAt")
        SELECT ${principal.userId}::uuid, ${projectId}, ${projectName ?? projectId}, ${now}, ${now} WHERE NOT EXISTS (SELECT FROM known)
        ON CONFLICT ("id", "ownerId") DO UPDATE SET "updatedAt" = "Project"."updatedAt" RETURNING "key", "ownerId"
      )
      SELECT "key", "ownerId", "role" FROM known JOIN locked USING ("key") UNION ALL SELECT "key", "ownerId", 'OWNER' FROM made`;
    return project;
  }

  /** Writes the session and all that counts it; nothing where another project of the owner has its id. */
  async function write(
    tx: Prisma.TransactionClient,
    project: Target,
    id: string,
    row: StoredVersion,
    origin: Origin,
  ): Promise<WriteOutcome | undefined> {
    const now = clock.now();
    const quota = quotaBytes ?? null;
    const rows = await tx.$queryRaw<Encoded<Outcome>[]>`
      WITH content AS (
        SELECT ${row.markdown}::text AS "markdown", ${row.rawData}::text AS "rawData", ${row.sessionData}::text AS "sessionData"
      ), old AS (
        SELECT "etag", "markdownSize"::bigint + "rawDataSize" + "sessionDataSize" AS "bytes" FROM "Session"
        WHERE "id" = ${id}::uuid AND "ownerId" = ${project.ownerId}::uuid
      ), saved AS (
        INSERT INTO "Session" AS s ("projectKey", "ownerId", "id", "createdAt", "updatedAt", "name", "etag", "markdownSize", "markdownJsonSize", "rawDataSize", "sessionDataSize",
          "startedAt", "endedAt", "clientName", "clientVersion", "agentName", "deviceId", "machineName", "title", "gitBranches", "llmModels", "tags", "keywords")
        SELECT ${project.key}, ${project.ownerId}::uuid, ${id}::uuid, ${origin.createdAt ?? now}, ${now}, ${row.name}, ${row.etag}, ${row.markdownSize}, ${row.markdownJsonSize},
          ${row.rawDataSize}, ${row.sessionDataSize}, ${row.startedAt}::timestamptz, ${row.endedAt}::timestamptz, ${row.clientName}, ${row.clientVersion},
          ${row.agentName}, ${row.deviceId}, ${row.machineName}, ${row.title}, ${row.gitBranches}::text[], ${row.llmModels}::text[], ${row.tags}::text[], ${row.keywords}::text[]
        ON CONFLICT ("id", "ownerId") DO UPDATE SET "updatedAt" = EXCLUDED."updatedAt", "name" = EXCLUDED."name",
          "markdownSize" = EXCLUDED."markdownSize", "markdownJsonSize" = EXCLUDED."markdownJsonSize", "rawDataSize" = EXCLUDED."rawDataSize", "startedAt" = EXCLUDED."startedAt", "endedAt" = EXCLUDED."endedAt",
          "sessionDataSize" = CASE WHEN ${row.sessionData === null} THEN s."sessionDataSize" ELSE EXCLUDED."sessionDataSize" END,
          -- Without session data the stored one stays, so the tag must go on telling versions of it apart.
          "etag" = EXCLUDED."etag" || CASE WHEN ${row.sessionData === null} AND s."sessionDataSize" > 0 THEN '-' || split_part(s."etag", '-', 2) ELSE '' END,
          "clientName" = EXCLUDED."clientName", "clientVersion" = EXCLUDED."clientVersion", "agentName" = EXCLUDED."agentName", "deviceId" = EXCLUDED."deviceId",
          "machineName" = EXCLUDED."machineName", "title" = EXCLUDED."title", "gitBranches" = EXCLUDED."gitBranches", "llmModels" = EXCLUDED."llmModels",
          "tags" = EXCLUDED."tags", "keywords" = EXCLUDED."keywords"
        WHERE s."projectKey" = EXCLUDED."projectKey"
        RETURNING s.*
      ), stored AS (
        INSERT INTO "SessionContent" AS c ("sessionKey", "markdown", "rawData", "sessionData")
        SELECT saved."key", content."markdown", content."rawData", content."sessionData" FROM saved, content
        ON CONFLICT ("sessionKey") DO UPDATE SET "markdown" = EXCLUDED."markdown", "rawData" = EXCLUDED."rawData",
          "sessionData" = COALESCE(EXCLUDED."sessionData", c."sessionData")
      ), indexed AS (
        INSERT INTO "SessionSearch" ("sessionKey", "document")
        SELECT saved."key", "searchDocument"(saved."name", saved."tags", content."markdown") FROM saved, content
        ON CONFLICT ("sessionKey") DO UPDATE SET "document" = EXCLUDED."document"
      ), counted AS (
        UPDATE "Project" SET "lastActivity" = ${now}, "sessionCount" = "sessionCount" + (SELECT count(*) FROM saved WHERE NOT EXISTS (SELECT FROM old))::int
        WHERE "key" = ${project.key}
      ), billed AS (
        UPDATE "User" SET "storedBytes" = "storedBytes" + d."delta"
        FROM (SELECT saved."markdownSize"::bigint + saved."rawDataSize" + saved."sessionDataSize" - COALESCE((SELECT "bytes" FROM old), 0) AS "delta" FROM saved) d
        WHERE "id" = ${project.ownerId}::uuid AND (${quota}::bigint IS NULL OR d."delta" <= 0 OR "storedBytes" + d."delta" <= ${quota}::bigint)
        RETURNING "id"
      )
      SELECT ${sessionRow.column}, old."etag" AS "previousEtag", EXISTS (SELECT FROM billed) AS "isWithinQuota"
      FROM saved s LEFT JOIN old ON TRUE`;
    return rows.map(sessionRow.read)[0];
  }

  return {
    save,

    /** Deletes a session and gives its bytes back to the owner's quota. */
    async remove(
      principal: Principal,
      { id, projectId }: { readonly id: string; readonly projectId?: string | null },
    ): Promise<SessionRow> {
      requireScope(principal, "sessions:write");
      const { role, ...session } = await sessions.find(principal, id, projectId ?? undefined);
      requireRole(role, "EDITOR", { sessionId: id });
      const gone = await prisma.$queryRaw<unknown[]>`
        WITH project AS (SELECT "key" FROM "Project" WHERE "key" = ${session.projectKey} FOR UPDATE),
        gone AS (DELETE FROM "Session" WHERE "key" = ${session.key} AND "projectKey" IN (SELECT "key" FROM project) RETURNING *),
        counted AS (UPDATE "Project" SET "sessionCount" = "sessionCount" - 1, "lastActivity" = ${clock.now()} WHERE "key" IN (SELECT "projectKey" FROM gone)),
        freed AS (UPDATE "User" u SET "storedBytes" = u."storedBytes" - (gone."markdownSize"::bigint + gone."rawDataSize" + gone."sessionDataSize")
          FROM gone WHERE u."id" = gone."ownerId")
        SELECT 1 FROM gone`;
      if (gone.length === 0) throw new AppError("RESOURCE_NOT_FOUND", { message: "Session not found", details: { sessionId: id } });
      return session;
    },
  };
}

/** Thrown inside the transaction, so that what was written is undone. */
function requireNoConflict(
  outcome: WriteOutcome | undefined,
  expectedEtag: string | null | undefined,
  details: Record<string, string>,
): asserts outcome is WriteOutcome {
  if (outcome === undefined) {
    throw new AppError("RESOURCE_CONFLICT", { message: "Another project already has a session with this id", details });
  }
  if (expectedEtag != null && toEtag(outcome.previousEtag) !== expectedEtag) {
    const message = "The session is not at the version that expectedEtag names";
    throw new AppError("RESOURCE_CONFLICT", { message, details: { ...details, currentEtag: toEtag(outcome.previousEtag) } });
  }
  if (!outcome.isWithinQuota) throw new AppError("QUOTA_EXCEEDED", { details });
}
