import { Prisma } from "../../db/generated/prisma/client.js";
import { insertEntries, toActorValues } from "../../core/audit/record.js";
import type { Principal } from "../../core/auth/principal.js";
import { roleOf, type Role } from "../projects/access.js";
import type { Encoded } from "../../db/row-codec.js";
import type { SaveSession } from "./input.js";
import { mapMetadata, metadataNames, type MetadataName, type SessionMetadata } from "./metadata.js";
import { sessionRow } from "./row.js";
import type { StoredVersion } from "./stored-version.js";

/** One session that is to be written. */
export type SessionWrite = {
  readonly principal: Principal;
  readonly projectId: string;
  readonly id: string;
  readonly version: StoredVersion;
  readonly createdAt: Date;
  readonly now: Date;
  /** Bytes that the owner may store, if that is limited. */
  readonly quotaBytes: number | undefined;
};

/** The facts that decide whether a session may be written. */
export type Admission = {
  /** False where another project has the session. */
  readonly isWritten: boolean;
  readonly role: Role;
  readonly previousEtag: string | null;
  readonly isWithinQuota: boolean;
};

/** What became of a write. Where nothing was written, the columns of the session are null. */
export type WriteOutcome = Encoded<Admission & { readonly previousBytes: bigint | null }>;

const column = (name: MetadataName) => Prisma.raw(`"${name}"`);
const METADATA_COLUMNS = Prisma.join(metadataNames.map(column), ", ");
const METADATA_REPLACED = Prisma.join(
  metadataNames.map((name) => Prisma.sql`${column(name)} = EXCLUDED.${column(name)}`),
  ", ",
);

/** The values of the metadata, in the order of their columns. */
function toValues(row: SessionMetadata): Prisma.Sql {
  const values = mapMetadata(
    (_field, name) => Prisma.sql`${row[name]}::text`,
    (_field, name) => Prisma.sql`${row[name]}::text[]`,
  );
  return Prisma.join(
    metadataNames.map((name) => values[name]),
    ", ",
  );
}

/**
 * Writes the session and all that counts it. Selects one `WriteOutcome`, or nothing where the id means no project to the
 * caller. It sees what was committed when it began, but first waits for other writes to the project: what these changed it
 * reads from the rows that it locks, and where they made the session, it writes nothing and must be run again.
 */
export function writeSession({ principal, projectId, id, version: row, createdAt, now, quotaBytes }: SessionWrite): Prisma.Sql {
  const role = roleOf(principal, Prisma.raw("p"));
  const keepsSessionData = Prisma.sql`${row.sessionData === null}::boolean`;
  const { markdown, rawData, sessionData } = row;
  return Prisma.sql`
    WITH known AS (
      SELECT p."key", p."ownerId", ${role.column} FROM "Project" p ${role.join}
      WHERE p."id" = ${projectId} AND ${role.isReachable} ORDER BY ${role.order} LIMIT 1
    ), locked AS (
      SELECT "key" FROM "Project" WHERE "key" = (SELECT "key" FROM known) FOR UPDATE
    ), project AS (
      SELECT "key", "ownerId", "role" FROM known JOIN locked USING ("key")
    ), old AS (
      SELECT "etag", "markdownSize"::bigint + "rawDataSize" + "sessionDataSize" AS "bytes" FROM "Session"
      WHERE "id" = ${id}::uuid AND "ownerId" = (SELECT "ownerId" FROM project) AND "projectKey" = (SELECT "key" FROM project) FOR UPDATE
    ), content AS (
      SELECT ${markdown.beginning}::text AS "markdown", ${rawData.beginning}::text AS "rawData", ${sessionData?.beginning ?? null}::text AS "sessionData",
        ${markdown.parts.count}::int AS "markdownParts", ${rawData.parts.count}::int AS "rawDataParts", ${sessionData?.parts.count ?? 0}::int AS "sessionDataParts"
    ), saved AS (
      INSERT INTO "Session" AS s ("projectKey", "ownerId", "id", "createdAt", "updatedAt", "name", "etag", "markdownSize", "markdownJsonSize", "rawDataSize", "sessionDataSize",
        "startedAt", "endedAt", ${METADATA_COLUMNS}, "keywords")
      SELECT "key", "ownerId", ${id}::uuid, ${createdAt}::timestamptz, ${now}::timestamptz, ${row.name}, ${row.etag}, ${row.markdownSize}, ${row.markdownJsonSize},
        ${row.rawDataSize}, ${row.sessionDataSize}, ${row.startedAt}::timestamptz, ${row.endedAt}::timestamptz, ${toValues(row)}, ${row.keywords}::text[]
      FROM project WHERE "role" <> 'VIEWER'
      ON CONFLICT ("id", "ownerId") DO UPDATE SET "updatedAt" = EXCLUDED."updatedAt", "name" = EXCLUDED."name",
        "markdownSize" = EXCLUDED."markdownSize", "markdownJsonSize" = EXCLUDED."markdownJsonSize", "rawDataSize" = EXCLUDED."rawDataSize", "startedAt" = EXCLUDED."startedAt", "endedAt" = EXCLUDED."endedAt",
        "sessionDataSize" = CASE WHEN ${keepsSessionData} THEN s."sessionDataSize" ELSE EXCLUDED."sessionDataSize" END,
        -- Without session data the stored one stays, so the tag must go on telling versions of it apart.
        "etag" = EXCLUDED."etag" || CASE WHEN ${keepsSessionData} AND s."sessionDataSize" > 0 THEN '-' || split_part(s."etag", '-', 2) ELSE '' END,
        ${METADATA_REPLACED}, "keywords" = EXCLUDED."keywords"
      WHERE s."projectKey" = EXCLUDED."projectKey" AND EXISTS (SELECT FROM old)
      RETURNING s.*
    ), stored AS (
      INSERT INTO "SessionContent" AS c ("sessionKey", "markdown", "rawData", "sessionData", "markdownParts", "rawDataParts", "sessionDataParts")
      SELECT saved."key", content.* FROM saved, content
      ON CONFLICT ("sessionKey") DO UPDATE SET "markdown" = EXCLUDED."markdown", "rawData" = EXCLUDED."rawData",
        "sessionData" = COALESCE(EXCLUDED."sessionData", c."sessionData"),
        "markdownParts" = EXCLUDED."markdownParts", "rawDataParts" = EXCLUDED."rawDataParts",
        "sessionDataParts" = CASE WHEN ${keepsSessionData} THEN c."sessionDataParts" ELSE EXCLUDED."sessionDataParts" END
    ), indexed AS (
      INSERT INTO "SessionSearch" ("sessionKey", "document")
      SELECT saved."key", "searchDocument"(saved."name", saved."tags", content."markdown") FROM saved, content
      ON CONFLICT ("sessionKey") DO UPDATE SET "document" = EXCLUDED."document"
    ), added AS (
      SELECT "ownerId", "markdownSize"::bigint + "rawDataSize" + "sessionDataSize" - COALESCE((SELECT "bytes" FROM old), 0) AS "bytes" FROM saved
    ), counted AS (
      UPDATE "Project" SET "lastActivity" = ${now}::timestamptz, "sessionCount" = "sessionCount" + (SELECT count(*) FROM saved WHERE NOT EXISTS (SELECT FROM old))::int,
        "storedBytes" = "storedBytes" + (SELECT "bytes" FROM added)
      WHERE "key" = (SELECT "projectKey" FROM saved)
    ), billed AS (
      UPDATE "User" SET "storedBytes" = "storedBytes" + d."bytes" FROM added d
      WHERE "id" = d."ownerId" AND (${quotaBytes ?? null}::bigint IS NULL OR d."bytes" <= 0 OR "storedBytes" + d."bytes" <= ${quotaBytes ?? null}::bigint)
      RETURNING "id"
    ), recorded AS (${recordSave(principal, projectId, now)})
    SELECT ${sessionRow.column}, s."key" IS NOT NULL AS "isWritten", project."role", old."etag" AS "previousEtag", old."bytes" AS "previousBytes", EXISTS (SELECT FROM billed) AS "isWithinQuota"
    FROM project LEFT JOIN saved s ON TRUE LEFT JOIN old ON TRUE`;
}

/** Records what `writeSession` saved. A version that was stored already is no change. */
function recordSave(principal: Principal, projectId: string, now: Date): Prisma.Sql {
  return insertEntries({
    from: Prisma.sql`saved LEFT JOIN old ON TRUE WHERE old."etag" IS DISTINCT FROM saved."etag"`,
    at: Prisma.sql`${now}`,
    action: Prisma.sql`CASE WHEN old."etag" IS NULL THEN 'SESSION_CREATED' ELSE 'SESSION_CHANGED' END`,
    actor: toActorValues(principal),
    ownerId: Prisma.sql`saved."ownerId"`,
    projectId: Prisma.sql`${projectId}`,
    sessionId: Prisma.sql`saved."id"`,
  });
}

/** Selects an `Admission` without waiting for anything: what `writeSession` would find now. */
export function admitSession({ principal, projectId, id, version, quotaBytes }: Omit<SessionWrite, "now" | "createdAt">): Prisma.Sql {
  const role = roleOf(principal, Prisma.raw("p"));
  const added = version.markdownSize + version.rawDataSize + version.sessionDataSize;
  return Prisma.sql`
    WITH known AS (
      SELECT p."key", p."ownerId", ${role.column} FROM "Project" p ${role.join}
      WHERE p."id" = ${projectId} AND ${role.isReachable} ORDER BY ${role.order} LIMIT 1
    ), owner AS (
      SELECT u."id", u."storedBytes", known."key" AS "projectKey", COALESCE(known."role", 'OWNER') AS "role"
      FROM "User" u LEFT JOIN known ON TRUE WHERE u."id" = COALESCE((SELECT "ownerId" FROM known), ${principal.userId}::uuid)
    ), old AS (
      SELECT s.*, s."projectKey" IS NOT DISTINCT FROM owner."projectKey" AS "isHere",
        s."markdownSize"::bigint + s."rawDataSize" + CASE WHEN ${version.sessionData === null}::boolean THEN 0 ELSE s."sessionDataSize" END AS "replaced"
      FROM owner JOIN "Session" s ON s."id" = ${id}::uuid AND s."ownerId" = owner."id"
    ), size AS (
      SELECT ${added}::bigint - COALESCE((SELECT "replaced" FROM old), 0) AS "delta"
    )
    SELECT owner."role", COALESCE(old."isHere", TRUE) AS "isWritten", CASE WHEN old."isHere" THEN old."etag" END AS "previousEtag",
      ${quotaBytes ?? null}::bigint IS NULL OR size."delta" <= 0 OR owner."storedBytes" + size."delta" <= ${quotaBytes ?? null}::bigint AS "isWithinQuota"
    FROM owner CROSS JOIN size LEFT JOIN old ON TRUE`;
}

/** Makes the project of a session where its id means none to the caller. It waits for a user who is being locked or deleted. */
export function makeProject(principal: Principal, { projectId, projectName }: SaveSession, now: Date): Prisma.Sql {
  const role = roleOf(principal, Prisma.raw("p"));
  return Prisma.sql`
    WITH owner AS (SELECT "id" FROM "User" WHERE "id" = ${principal.userId}::uuid AND "lockedAt" IS NULL FOR KEY SHARE),
    made AS (
      INSERT INTO "Project" ("ownerId", "id", "name", "createdAt", "updatedAt")
      SELECT owner."id", ${projectId}::text, ${projectName ?? projectId}, ${now}::timestamptz, ${now}::timestamptz FROM owner
      WHERE NOT EXISTS (SELECT FROM "Project" p ${role.join} WHERE p."id" = ${projectId}::text AND ${role.isReachable})
      ON CONFLICT ("id", "ownerId") DO NOTHING RETURNING "id", "ownerId"
    )
    ${insertEntries({
      from: Prisma.sql`made`,
      at: Prisma.sql`${now}`,
      action: Prisma.sql`'PROJECT_CREATED'`,
      actor: toActorValues(principal),
      ownerId: Prisma.sql`made."ownerId"`,
      projectId: Prisma.sql`made."id"`,
    })}`;
}

type Deletion = {
  readonly principal: Principal;
  readonly session: { readonly key: bigint; readonly projectKey: bigint };
  readonly now: Date;
};

/** Deletes a session and gives its bytes back to the project and the owner's quota. Selects a row if it was still there. */
export function deleteSession({ principal, session: { key, projectKey }, now }: Deletion): Prisma.Sql {
  return Prisma.sql`
    WITH project AS (SELECT "key", "id" FROM "Project" WHERE "key" = ${projectKey} FOR UPDATE),
    gone AS (DELETE FROM "Session" WHERE "key" = ${key} AND "projectKey" IN (SELECT "key" FROM project)
      RETURNING "projectKey", "ownerId", "id", "markdownSize"::bigint + "rawDataSize" + "sessionDataSize" AS "bytes"),
    counted AS (UPDATE "Project" p SET "sessionCount" = p."sessionCount" - 1, "storedBytes" = p."storedBytes" - gone."bytes", "lastActivity" = ${now}
      FROM gone WHERE p."key" = gone."projectKey"),
    freed AS (UPDATE "User" u SET "storedBytes" = u."storedBytes" - gone."bytes" FROM gone WHERE u."id" = gone."ownerId"),
    recorded AS (${insertEntries({
      from: Prisma.sql`gone JOIN project ON TRUE`,
      at: Prisma.sql`${now}`,
      action: Prisma.sql`'SESSION_DELETED'`,
      actor: toActorValues(principal),
      ownerId: Prisma.sql`gone."ownerId"`,
      projectId: Prisma.sql`project."id"`,
      sessionId: Prisma.sql`gone."id"`,
    })})
    SELECT 1 AS "deleted" FROM gone`;
}
