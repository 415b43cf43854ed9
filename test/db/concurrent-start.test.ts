import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import pg from "pg";
import { openPostgres } from "../../src/db/postgres.js";
import { newCommandLine, type CommandLine } from "../support/cli.js";

const server = process.env.TEST_DATABASE_URL;
const withPostgres = server === undefined ? test.skip : test;
const reason = server === undefined ? " (skipped: TEST_DATABASE_URL names no PostgreSQL)" : "";

/** The lock that migrations take, ours and Prisma's own. */
const MIGRATION_LOCK = 72_707_369;

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

withPostgres(`Of several processes that migrate one PostgreSQL database at once, each migration is applied by one${reason}.`, () =>
  withDatabase(async (url) => {
    const outputs = await Promise.all([1, 2, 3].map(() => cli.backstory(["migrate"], { DATABASE_URL: url })));

    expect(outputs.map(({ code, stderr }) => ({ code, stderr }))).toEqual([1, 2, 3].map(() => ({ code: 0, stderr: "" })));
    const applied = outputs.flatMap(({ stdout }) => [...stdout.matchAll(/^applied (\S+)$/gm)].map(([, name]) => name));
    expect(applied.length).toBeGreaterThan(0);
    expect(new Set(applied).size).toBe(applied.length);
  }),
);

withPostgres(`Of several servers that start at once on a new PostgreSQL database, all run and one shows the first key${reason}.`, () =>
  withDatabase(async (url) => {
    const servers = await Promise.all([1, 2, 3].map(() => cli.serve({ DATABASE_URL: url })));

    expect(servers.filter(({ output }) => output.includes("Your API key"))).toHaveLength(1);
    await Promise.all(servers.map(({ kill }) => kill("SIGTERM")));
  }),
);

withPostgres(`A migration waits for another process's longer than statements may take, and their deadline holds afterwards${reason}.`, () =>
  withDatabase(async (url) => {
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    await other.query(`SELECT pg_advisory_lock(${MIGRATION_LOCK})`);
    const engine = openPostgres(url, 200);

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
