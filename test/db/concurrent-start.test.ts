import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import pg from "pg";
import { openPostgres } from "../../src/db/postgres.js";
import { newCommandLine, type CommandLine } from "../support/cli.js";
import { systemClock } from "../../src/platform/clock.js";

const server = process.env.TEST_DATABASE_URL;
const withPostgres = server === undefined ? test.skip : test;
const reason = server === undefined ? " (skipped: TEST_DATABASE_URL names no PostgreSQL)" : "";

/** The lock that migrations take, ours and Prisma's own. */
const MIGRATION_LOCK = 72_707_369;

const WAITING = `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

let admin: pg.Client;
let cli: CommandLine;
beforeAll(async () => {
  if (server === undefined) return;
  cli = await newCommandLine();
  admin = new pg.Client({ connectionString: server });
  await admin.connect();
});
afterAll(async () => {
  if (server === undefined) return;
  await cli.remove();
  await admin.end();
});

/** A new database of the server, which is dropped afterwards. */
async function withDatabase(run: (url: string) => Promise<void>): Promise<void> {
  const name = `backstory_start_${randomUUID().replaceAll("-", "")}`;
  await admin.query(`CREATE DATABASE ${name}`);
  const url = new URL(server ?? "");
  url.pathname = `/${name}`;
  try {
    await run(url.href);
  } finally {
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
  }
}

/** A process that is migrating, as far as others can tell. */
async function holdMigrations(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined); // a test that failed drops the database under it
  await client.connect();
  await client.query(`SELECT pg_advisory_lock(${MIGRATION_LOCK})`);
  return client;
}

withPostgres(
  `Of several servers that start at once on a new PostgreSQL database one migrates it while the others wait, all run, and one shows the first key${reason}.`,
  () =>
    withDatabase(async (url) => {
      const other = await holdMigrations(url);

      const starting = Promise.all([1, 2, 3].map(() => cli.serve({ DATABASE_URL: url })));
      const started = starting.then(() => "started without waiting");
      const isWaited = async () => (await other.query(WAITING)).rows.length === 3;
      while (!(await isWaited())) {
        const early = await Promise.race([started, other.query("SELECT pg_sleep(0.05)")]);
        if (typeof early === "string") throw new Error(early);
      }
      await other.query(`SELECT pg_advisory_unlock(${MIGRATION_LOCK})`);
      const servers = await starting;

      expect(servers.filter(({ output }) => output().includes("Your API key"))).toHaveLength(1);
      const { rows } = await other.query<{ migration_name: string }>(`SELECT "migration_name" FROM "_prisma_migrations"`);
      expect(rows.length).toBeGreaterThan(0);
      expect(new Set(rows.map(({ migration_name }) => migration_name)).size).toBe(rows.length);
      await Promise.all(servers.map(({ kill }) => kill("SIGTERM")));
      await other.end();
    }),
);

withPostgres(
  `A migration waits for another process's longer than the statements of requests may take, whose deadline holds${reason}.`,
  () =>
    withDatabase(async (url) => {
      const other = await holdMigrations(url);
      const engine = openPostgres(url, { databaseTimeoutMs: 200, databasePoolSize: 2, clock: systemClock });

      const migrated = engine.migrate();
      await other.query("SELECT pg_sleep(0.5)");
      await other.query(`SELECT pg_advisory_unlock(${MIGRATION_LOCK})`);

      expect((await migrated).length).toBeGreaterThan(0);
      const connection = await engine.adapter.connect();
      await expect(connection.executeScript("SELECT pg_sleep(5)")).rejects.toThrow(/statement timeout|57014/);
      await connection.dispose();
      await other.end();
      await engine.close();
    }),
);
