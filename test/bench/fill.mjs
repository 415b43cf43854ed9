import { openDatabase } from "../../dist/db/database.js";
import { systemClock } from "../../dist/platform/clock.js";
import { findKeywords } from "../../dist/features/transcripts/keywords.js";
import { makeSession, PROJECTS, projectCreatedAt, projectId, projectName, SESSIONS } from "./data.mjs";

const BATCH = 250;

/**
 * Stores the generated projects and sessions for the one user of a database that the server has been started on before.
 * Rows are inserted in bulk, for speed; the search documents and keywords are made by the product's own functions.
 *
 * @param {{ databaseUrl: string | undefined, dataDir: string }} location
 * @param {(session: import("./data.mjs").Session) => void} onSession hears of every session
 */
export async function fill({ databaseUrl, dataDir }, onSession) {
  const database = await openDatabase({ databaseUrl, dataDir, databaseTimeoutMs: 600_000, databasePoolSize: 10, clock: systemClock });
  try {
    const { prisma } = database;
    const owner = await prisma.user.findFirstOrThrow();
    const keys = await fillProjects(prisma, owner.id);
    const rebuildIndexes = await dropInvertedIndexes(prisma);
    for (let from = 0; from < SESSIONS; from += BATCH) {
      const sessions = Array.from({ length: Math.min(BATCH, SESSIONS - from) }, (_, index) => makeSession(from + index));
      sessions.forEach(onSession);
      await fillSessions(prisma, owner.id, keys, sessions);
    }
    await rebuildIndexes();
    await prisma.$executeRaw`UPDATE "Project" p SET ("sessionCount", "storedBytes", "lastActivity") =
      (SELECT count(*), COALESCE(sum("markdownSize"), 0), max(s."updatedAt") FROM "Session" s WHERE s."projectKey" = p."key")`;
    await prisma.$executeRaw`UPDATE "User" u SET "storedBytes" = (SELECT sum("markdownSize") FROM "Session" s WHERE s."ownerId" = u."id")`;
    // A PostgreSQL server does this by itself a minute after so many writes; the embedded database never does.
    if (databaseUrl !== undefined) await prisma.$executeRawUnsafe("VACUUM ANALYZE");
  } finally {
    await database.close();
  }
}

/** @typedef {Awaited<ReturnType<typeof openDatabase>>["prisma"]} Prisma */

/** Row by row these indexes cost more than all the rest; built at once they take seconds. Returns how to build them again. */
async function dropInvertedIndexes(/** @type {Prisma} */ prisma) {
  /** @type {{ indexname: string, indexdef: string }[]} */
  const indexes =
    await prisma.$queryRaw`SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE '% USING gin %'`;
  for (const { indexname } of indexes) await prisma.$executeRawUnsafe(`DROP INDEX "${indexname}"`);
  return async () => {
    for (const { indexdef } of indexes) await prisma.$executeRawUnsafe(indexdef);
  };
}

/** The keys of the new projects by their numbers. */
async function fillProjects(/** @type {Prisma} */ prisma, /** @type {string} */ ownerId) {
  const projects = Array.from({ length: PROJECTS }, (_, index) => {
    const createdAt = projectCreatedAt(index);
    return { ownerId, id: projectId(index), name: projectName(index), icon: "Folder", color: "slate", createdAt, updatedAt: createdAt };
  });
  const rows = await prisma.project.createManyAndReturn({ data: projects });
  const keys = new Map(rows.map(({ id, key }) => [id, String(key)]));
  return projects.map(({ id }) => keys.get(id));
}

/**
 * @param {Prisma} prisma
 * @param {string} ownerId
 * @param {(string | undefined)[]} keys
 * @param {import("./data.mjs").Session[]} sessions
 */
async function fillSessions(prisma, ownerId, keys, sessions) {
  const rows = sessions.map(({ project, ...session }) => ({
    ...session,
    projectKey: keys[project],
    keywords: findKeywords(session.name, session.markdown),
  }));
  await prisma.$executeRaw`
    WITH given AS MATERIALIZED (
      SELECT * FROM json_to_recordset(${JSON.stringify(rows)}::json) AS g("projectKey" bigint, "id" uuid, "name" text, "etag" text,
        "markdown" text, "markdownSize" int, "createdAt" timestamptz, "clientName" text, "clientVersion" text, "agentName" text,
        "deviceId" text, "machineName" text, "gitBranches" text[], "llmModels" text[], "tags" text[], "keywords" text[])
    ), saved AS (
      INSERT INTO "Session" ("projectKey", "ownerId", "id", "name", "etag", "markdownSize", "markdownJsonSize", "rawDataSize", "sessionDataSize", "createdAt", "updatedAt",
        "startedAt", "endedAt", "clientName", "clientVersion", "agentName", "deviceId", "machineName", "gitBranches", "llmModels", "tags", "keywords")
      SELECT "projectKey", ${ownerId}::uuid, "id", "name", "etag", "markdownSize", octet_length(to_json("markdown")::text), 0, 0, "createdAt", "createdAt",
        "createdAt", "createdAt", "clientName", "clientVersion", "agentName", "deviceId", "machineName", "gitBranches", "llmModels", "tags", "keywords"
      FROM given RETURNING "key", "id"
    ), stored AS (
      INSERT INTO "SessionContent" ("sessionKey", "markdown", "rawData") SELECT saved."key", given."markdown", '' FROM saved JOIN given USING ("id")
    )
    INSERT INTO "SessionSearch" ("sessionKey", "document")
    SELECT saved."key", "searchDocument"(given."name", given."tags", given."markdown") FROM saved JOIN given USING ("id")`;
}
