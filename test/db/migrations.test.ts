import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { migrate, MigrationError, type SqlConnection } from "../../src/db/migrate.js";

let pglite: PGlite;
let connection: SqlConnection;
beforeEach(async () => {
  const image = await readFile(join(process.env.TEST_FOLDER ?? "", "image.tar"));
  pglite = await PGlite.create({ loadDataDir: new Blob([image]) });
  connection = {
    query: async (sql, values = []) => (await pglite.query<Record<string, unknown>>(sql, [...values])).rows,
    script: async (sql) => {
      await pglite.exec(sql);
    },
  };
});
afterEach(() => pglite.close());

/** The migrations of this version, as Prisma would find them. */
async function migrationFiles(): Promise<{ name: string; checksum: string }[]> {
  const entries = await readdir("prisma/migrations", { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(join("prisma/migrations", name, "migration.sql"));
      return { name, checksum: createHash("sha256").update(sql).digest("hex") };
    }),
  );
}

test("A new database gets every migration in order, and each is recorded as Prisma does: name, SHA-256, finished, one step.", async () => {
  const files = await migrationFiles();

  expect(await migrate(connection)).toEqual(files.map(({ name }) => name));

  const rows = await connection.query(`SELECT * FROM "_prisma_migrations" ORDER BY "finished_at"`);
  expect(rows).toEqual(
    files.map(({ name, checksum }) => ({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      checksum,
      migration_name: name,
      logs: null,
      rolled_back_at: null,
      started_at: expect.anything(),
      finished_at: expect.anything(),
      applied_steps_count: 1,
    })),
  );
});

test("Migrating another time does nothing.", async () => {
  await migrate(connection);
  const before = await connection.query(`SELECT * FROM "_prisma_migrations"`);

  expect(await migrate(connection)).toEqual([]);
  expect(await connection.query(`SELECT * FROM "_prisma_migrations"`)).toEqual(before);
});

test.each([
  ["was edited after it was applied", `"checksum" = 'another'`, /was edited after it was applied/],
  [
    "this version does not know",
    `"migration_name" = '20991231000000_from_the_future'`,
    /20991231000000_from_the_future, which this version does not know/,
  ],
  ["was begun and not finished", `"finished_at" = NULL`, /was begun and not finished/],
])("A database with a migration that %s is rejected, and stays as it is.", async (_title, change, message) => {
  const [first] = await migrate(connection);
  await connection.query(`UPDATE "_prisma_migrations" SET ${change} WHERE "migration_name" = $1`, [first]);
  const before = await connection.query(`SELECT * FROM "_prisma_migrations" ORDER BY "started_at"`);

  await expect(migrate(connection)).rejects.toBeInstanceOf(MigrationError);
  await expect(migrate(connection)).rejects.toThrow(message);
  expect(await connection.query(`SELECT * FROM "_prisma_migrations" ORDER BY "started_at"`)).toEqual(before);
});

test("Migrations that Prisma marked as rolled back are applied again.", async () => {
  const names = await migrate(connection);
  await connection.script(`CREATE SCHEMA kept; ALTER TABLE "_prisma_migrations" SET SCHEMA kept; DROP SCHEMA public CASCADE`);
  await connection.script(`CREATE SCHEMA public; ALTER TABLE kept."_prisma_migrations" SET SCHEMA public`);
  await connection.script(`UPDATE "_prisma_migrations" SET "rolled_back_at" = now()`);

  expect(await migrate(connection)).toEqual(names);
});

test("A migration that fails leaves nothing of itself behind, and gives the lock back.", async () => {
  await connection.script(`CREATE TABLE "Session" ("own" text)`);

  await expect(migrate(connection)).rejects.toThrow(/"Session" already exists/);

  const tables = await connection.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`);
  expect(tables.map(({ tablename }) => tablename)).toEqual(["Session", "_prisma_migrations"]);
  expect(await connection.query(`SELECT * FROM "_prisma_migrations"`)).toEqual([]);
  expect(await connection.query(`SELECT * FROM pg_locks WHERE locktype = 'advisory'`)).toEqual([]);
});
