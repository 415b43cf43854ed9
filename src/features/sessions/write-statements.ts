import { Prisma } from "../../db/generated/prisma/client.js";
import type { Principal } from "../../core/auth/principal.js";
import { roleOf, type Role } from "../projects/access.js";
import type { SaveSession } from "./input.js";
import { sessionRow } from "./row.js";
import type { StoredVersion } from "./stored-version.js";

/** The project that a session is written to, and what the caller may do in it. */
export type Target = { readonly key: bigint; readonly ownerId: string; readonly role: Role };

/** One session that is to be written. */
export type SessionWrite = {
  readonly project: Target;
  readonly id: string;
  readonly version: StoredVersion;
  readonly createdAt: Date;
  readonly now: Date;
  /** Bytes that the owner may store, if that is limited. */
  readonly quotaBytes: number | undefined;
};

/** Locks the project that the id means to the caller until the transaction ends, or makes a new one. Selects a `Target`. */
export function lockProject(principal: Principal, { projectId, projectName }: SaveSession, now: Date): Prisma.Sql {
  const role = roleOf(principal, Prisma.raw("p"));
  return Prisma.sql`
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
}

/**
 * Writes the session and all that counts it; nothing where another project of the owner has its id. Selects the session,
 * the tag of the version before, and whether the owner's quota allows it.
 */
export function writeSession({ project, id, version: row, createdAt, now, quotaBytes }: SessionWrite): Prisma.Sql {
  const quota = quotaBytes ?? null;
  return Prisma.sql`
    WITH content AS (
      SELECT ${row.markdown}::text AS "markdown", ${row.rawData}::text AS "rawData", ${row.sessionData}::text AS "sessionData"
    ), old AS (
      SELECT "etag", "markdownSize"::bigint + "rawDataSize" + "sessionDataSize" AS "bytes" FROM "Session"
      WHERE "id" = ${id}::uuid AND "ownerId" = ${project.ownerId}::uuid AND "projectKey" = ${project.key}::bigint
    ), saved AS (
      INSERT INTO "Session" AS s ("projectKey", "ownerId", "id", "createdAt", "updatedAt", "name", "etag", "markdownSize", "markdownJsonSize", "rawDataSize", "sessionDataSize",
        "startedAt", "endedAt", "clientName", "clientVersion", "agentName", "deviceId", "machineName", "title", "gitBranches", "llmModels", "tags", "keywords")
      SELECT ${project.key}::bigint, ${project.ownerId}::uuid, ${id}::uuid, ${createdAt}::timestamptz, ${now}::timestamptz, ${row.name}, ${row.etag}, ${row.markdownSize}, ${row.markdownJsonSize},
        ${row.rawDataSize}, ${row.sessionDataSize}, ${row.startedAt}::timestamptz, ${row.endedAt}::timestamptz, ${row.clientName}, ${row.clientVersion},
        ${row.agentName}, ${row.deviceId}, ${row.machineName}, ${row.title}, ${row.gitBranches}::text[], ${row.llmModels}::text[], ${row.tags}::text[], ${row.keywords}::text[]
      ON CONFLICT ("id", "ownerId") DO UPDATE SET "updatedAt" = EXCLUDED."updatedAt", "name" = EXCLUDED."name",
        "markdownSize" = EXCLUDED."markdownSize", "markdownJsonSize" = EXCLUDED."markdownJsonSize", "rawDataSize" = EXCLUDED."rawDataSize", "startedAt" = EXCLUDED."startedAt", "endedAt" = EXCLUDED."endedAt",
        "sessionDataSize" = CASE WHEN ${row.sessionData === null}::boolean THEN s."sessionDataSize" ELSE EXCLUDED."sessionDataSize" END,
        -- Without session data the stored one stays, so the tag must go on telling versions of it apart.
        "etag" = EXCLUDED."etag" || CASE WHEN ${row.sessionData === null}::boolean AND s."sessionDataSize" > 0 THEN '-' || split_part(s."etag", '-', 2) ELSE '' END,
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
      WHERE "key" = ${project.key}::bigint
    ), billed AS (
      UPDATE "User" SET "storedBytes" = "storedBytes" + d."delta"
      FROM (SELECT saved."markdownSize"::bigint + saved."rawDataSize" + saved."sessionDataSize" - COALESCE((SELECT "bytes" FROM old), 0) AS "delta" FROM saved) d
      WHERE "id" = ${project.ownerId}::uuid AND (${quota}::bigint IS NULL OR d."delta" <= 0 OR "storedBytes" + d."delta" <= ${quota}::bigint)
      RETURNING "id"
    )
    SELECT ${sessionRow.column}, old."etag" AS "previousEtag", EXISTS (SELECT FROM billed) AS "isWithinQuota"
    FROM saved s LEFT JOIN old ON TRUE`;
}

/** Deletes a session and gives its bytes back to the owner's quota. Selects a row if it was still there. */
export function deleteSession({ key, projectKey }: { readonly key: bigint; readonly projectKey: bigint }, now: Date): Prisma.Sql {
  return Prisma.sql`
    WITH project AS (SELECT "key" FROM "Project" WHERE "key" = ${projectKey} FOR UPDATE),
    gone AS (DELETE FROM "Session" WHERE "key" = ${key} AND "projectKey" IN (SELECT "key" FROM project) RETURNING *),
    counted AS (UPDATE "Project" SET "sessionCount" = "sessionCount" - 1, "lastActivity" = ${now} WHERE "key" IN (SELECT "projectKey" FROM gone)),
    freed AS (UPDATE "User" u SET "storedBytes" = u."storedBytes" - (gone."markdownSize"::bigint + gone."rawDataSize" + gone."sessionDataSize")
      FROM gone WHERE u."id" = gone."ownerId")
    SELECT 1 AS "deleted" FROM gone`;
}
