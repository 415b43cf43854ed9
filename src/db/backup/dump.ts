import type { Clock } from "../../platform/clock.js";
import type { Deadline } from "../../platform/deadline.js";
import type { Engine, Query } from "../engine.js";
import { findMissing, readMigrations, type Migration } from "../migrate.js";
import type { Piece, TableSource } from "./copy-table.js";
import { dumpInPasses } from "./dump-in-passes.js";
import { dumpWatched } from "./dump-watched.js";
import { BackupError, FORMAT, toLine, VERSION } from "./format.js";
import { createTableStatements } from "./table-statements.js";
import { namesMadeBy, SELECT_TABLES, type Table } from "./tables.js";

/** The database that is backed up. */
export type DumpSource = Pick<Engine, "query" | "transaction" | "hasOneConnection"> & { readonly clock: Clock };

/**
 * Reads the whole database as the lines of a backup, in short statements with nothing held between them.
 * @throws BackupError if there is no database, or it changes faster than it can be read
 * @throws MigrationError if the database is of a newer version
 */
export async function* dumpDatabase({ clock, hasOneConnection, ...database }: DumpSource, deadline: Deadline): AsyncGenerator<Piece> {
  const run = <Row extends object>(statement: Parameters<Query>[0]) => database.query<Row>(statement, deadline);
  const migrations = await readMigrations();
  const applied = await readApplied(run, migrations);
  yield { text: toLine({ format: FORMAT, version: VERSION, createdAt: clock.now().toISOString(), migrations: applied }), rows: 0 };
  const names = namesMadeBy(migrations, "TABLE");
  const tables = await run<Table>({ text: SELECT_TABLES, values: [names] });
  const sources = tables.map((table): TableSource => ({ table, statements: createTableStatements(table), run }));
  const source = { ...database, deadline, sources, names };
  yield* hasOneConnection ? dumpWatched(source) : dumpInPasses(source);
  if (String(await readApplied(run, migrations)) !== String(applied))
    throw new BackupError("The database was migrated while it was being backed up: make the backup again.");
}

/** Returns the names of the migrations that the database has. */
async function readApplied(run: Query, migrations: readonly Migration[]): Promise<string[]> {
  const [books] = await run<{ table: string | null }>({ text: `SELECT to_regclass('"_prisma_migrations"')::text AS "table"`, values: [] });
  if (books?.table == null) throw new BackupError("There is no database of Backstory to back up.");
  const query = (text: string, values: readonly unknown[] = []) => run<Record<string, unknown>>({ text, values });
  const missing = new Set(await findMissing({ query, script: () => Promise.resolve() }, migrations));
  return migrations.filter((migration) => !missing.has(migration)).map(({ name }) => name);
}
