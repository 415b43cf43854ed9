import { codeOf } from "../../platform/error-code.js";
import {
  apply,
  inTransaction,
  keepBooks,
  readMigrations,
  unknownMigration,
  withMigrationLock,
  type Migration,
  type SqlConnection,
} from "../migrate.js";
import { BackupError } from "./format.js";
import { loadLines } from "./load.js";
import { makeRoom } from "./make-room.js";
import type { OpenBackup } from "./read-backup.js";
import { setConstraintsAside } from "./constraints.js";
import { namesMadeBy, SELECT_TABLES, type Table } from "./tables.js";

export type RestoreOptions = {
  readonly backup: OpenBackup;
  /** Whether what the database holds may be replaced. */
  readonly isReplacing: boolean;
};

/**
 * Restores a backup in one transaction, so that whatever ends it leaves the database as it was, and brings it to this version.
 * Returns the number of rows. What the rows must fulfil is checked when they are all there: while they come, each by itself
 * may refer to one that follows.
 * @throws BackupError if the backup is damaged, or the database holds something that must not be replaced
 * @throws MigrationError if the backup or the database is of a newer version
 */
export async function restoreInto(connection: SqlConnection, { backup, isReplacing }: RestoreOptions): Promise<number> {
  const migrations = await readMigrations();
  const { before, after } = split(migrations, backup.header.migrations);
  return withMigrationLock(connection, async () => {
    const rows = await inTransaction(connection, async () => {
      await makeRoom(connection, { migrations, isReplacing });
      await keepBooks(connection);
      for (const migration of before) await apply(connection, migration);
      const loaded = await explainDamage(load(connection, { backup, migrations: before }));
      for (const migration of after) await apply(connection, migration);
      return loaded;
    });
    await connection.script("ANALYZE");
    return rows;
  });
}

type Loading = { readonly backup: OpenBackup; readonly migrations: readonly Migration[] };

async function load(connection: SqlConnection, { backup, migrations }: Loading): Promise<number> {
  const names = namesMadeBy(migrations, "TABLE");
  const tables = (await connection.query(SELECT_TABLES, [names])) as readonly Table[]; // what the statement selects
  const putBack = await setConstraintsAside(connection, tables);
  const rows = await loadLines(connection, { tables, names, lines: backup.lines });
  await putBack();
  return rows;
}

/** Splits the migrations of this version into those that the backup's database had, and those that it lacks. */
function split(migrations: readonly Migration[], had: readonly string[]): { readonly before: Migration[]; readonly after: Migration[] } {
  const unknown = had.find((name) => !migrations.some((migration) => migration.name === name));
  if (unknown !== undefined) throw unknownMigration("backup", unknown);
  const before = migrations.filter(({ name }) => had.includes(name));
  return { before, after: migrations.filter((migration) => !before.includes(migration)) };
}

/** PostgreSQL's classes of errors for values that are not of their type, and rows that break a constraint. */
const DAMAGE = /^(22|23)/;

/** A backup whose rows PostgreSQL does not take was made by something else than Backstory. */
function explainDamage<T>(loading: Promise<T>): Promise<T> {
  return loading.catch((cause: unknown) => {
    const code = codeOf(cause);
    if (!(cause instanceof Error && typeof code === "string" && code.length === 5 && DAMAGE.test(code))) throw cause;
    throw new BackupError(`The backup cannot be restored, because its rows contradict each other: ${cause.message}`, { cause });
  });
}
