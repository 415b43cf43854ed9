import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";

/** @typedef {{ name: string, location: import("./server-process.mjs").DatabaseLocation, remove: () => Promise<void> }} BenchDatabase */

/** An empty folder for an embedded database. @returns {Promise<BenchDatabase>} */
export async function createFolder() {
  const dataDir = await mkdtemp(join(tmpdir(), "backstory-bench-"));
  return {
    name: "PGlite",
    location: { databaseUrl: undefined, dataDir },
    remove: () => rm(dataDir, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/**
 * A new, empty database on a PostgreSQL server.
 * @param {string} serverUrl
 * @returns {Promise<BenchDatabase>}
 */
export async function createPostgresDatabase(serverUrl) {
  const name = `backstory_bench_${randomBytes(6).toString("hex")}`;
  const [version] = await onServer(serverUrl, `SELECT current_setting('server_version_num')::int / 10000 AS "major"`);
  await onServer(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    name: `PostgreSQL ${version?.major}`,
    location: { databaseUrl: url.href, dataDir: "unused" },
    async remove() {
      await onServer(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

async function onServer(/** @type {string} */ url, /** @type {string} */ sql) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
