import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";

/** A plain SQL connection, which both databases provide: migrations run before Prisma does. */
export type SqlConnection = {
  readonly query: (sql: string, values?: readonly unknown[]) => Promise<readonly Record<string, unknown>[]>;
  /** Runs several statements at once, without parameters. */
  readonly script: (sql: string) => Promise<void>;
};

/** The stored migrations do not fit those of this version, so that starting could harm the data. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}

const MIGRATIONS = new URL("../../prisma/migrations/", import.meta.url);

/** The advisory lock that `prisma migrate` takes, so that it and several starting servers exclude each other. */
const ADVISORY_LOCK = 72_707_369;

/** Prisma's own table of migrations, so that `prisma migrate status` and `deploy` agree with ours. */
const BOOKKEEPING = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" varchar(36) PRIMARY KEY NOT NULL, "checksum" varchar(64) NOT NULL, "finished_at" timestamptz,
  "migration_name" varchar(255) NOT NULL, "logs" text, "rolled_back_at" timestamptz,
  "started_at" timestamptz NOT NULL DEFAULT now(), "applied_steps_count" integer NOT NULL DEFAULT 0)`;

export type Migration = { readonly name: string; readonly sql: string; readonly checksum: string };

/** The migrations of this version, in their order. */
export async function readMigrations(): Promise<Migration[]> {
  const entries = await readdir(MIGRATIONS, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(`${name}/migration.sql`, MIGRATIONS), "utf8");
      return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    }),
  );
}

/**
 * Applies the migrations that are missing, each in a transaction, and returns their names.
 * @throws MigrationError if an applied migration was edited, is unknown, or did not finish
 */
export async function migrate(connection: SqlConnection): Promise<readonly string[]> {
  const migrations = await readMigrations();
  return withMigrationLock(connection, async () => {
    await keepBooks(connection);
    const missing = await findMissing(connection, migrations);
    for (const migration of missing) await inTransaction(connection, () => apply(connection, migration));
    return missing.map(({ name }) => name);
  });
}

/** Does work while no other process migrates or restores the database. */
export async function withMigrationLock<T>(connection: SqlConnection, work: () => Promise<T>): Promise<T> {
  await connection.query(`SELECT pg_advisory_lock(${ADVISORY_LOCK})`);
  try {
    return await work();
  } finally {
    await connection.query(`SELECT pg_advisory_unlock(${ADVISORY_LOCK})`);
  }
}

/** Makes the table of migrations, unless it is there. */
export async function keepBooks(connection: SqlConnection): Promise<void> {
  const [table] = await connection.query(`SELECT to_regclass('"_prisma_migrations"') AS "name"`);
  if (table?.name == null) await connection.script(BOOKKEEPING); // on a full disk a start that has nothing to change must change nothing
}

/**
 * Returns the migrations that a database lacks.
 * @throws MigrationError if an applied migration was edited, is unknown, or did not finish
 */
export async function findMissing(connection: SqlConnection, migrations: readonly Migration[]): Promise<Migration[]> {
  const applied = await connection.query(
    `SELECT "migration_name", "checksum", "finished_at" FROM "_prisma_migrations" WHERE "rolled_back_at" IS NULL`,
  );
  const byName = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const row of applied) {
    const name = String(row.migration_name);
    const known = byName.get(name);
    if (known === undefined) throw unknownMigration("database", name);
    if (known.checksum !== row.checksum) throw new MigrationError(`The migration ${name} was edited after it was applied.`);
    if (row.finished_at === null) throw new MigrationError(`The migration ${name} was begun and not finished: see prisma migrate resolve.`);
    byName.delete(name);
  }
  return [...byName.values()];
}

export function unknownMigration(holder: "database" | "backup", name: string): MigrationError {
  return new MigrationError(`The ${holder} has the migration ${name}, which this version does not know: use a newer version.`);
}

/** Applies a migration and records it, in the transaction of the caller. */
export async function apply(connection: SqlConnection, { name, sql, checksum }: Migration): Promise<void> {
  await connection.script(sql);
  await connection.query(
    `INSERT INTO "_prisma_migrations" ("id", "checksum", "migration_name", "started_at", "finished_at", "applied_steps_count")
     VALUES ($1, $2, $3, now(), clock_timestamp(), 1)`,
    [randomUUID(), checksum, name],
  );
}

/** Runs work in a transaction of a connection. */
export async function inTransaction<T>(connection: SqlConnection, work: () => Promise<T>): Promise<T> {
  await connection.script("BEGIN");
  try {
    const result = await work();
    await connection.script("COMMIT");
    return result;
  } catch (error) {
    await connection.script("ROLLBACK").catch(() => undefined); // the connection may be gone, and the error says why
    throw error;
  }
}
