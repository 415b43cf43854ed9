import { unknownMigration, type Migration, type SqlConnection } from "../migrate.js";
import { BackupError } from "./format.js";
import { namesMadeBy, SELECT_TABLES } from "./tables.js";

type Room = { readonly migrations: readonly Migration[]; readonly isReplacing: boolean };

/**
 * Drops what the migrations have made in the schema of the connection, and nothing else, in the transaction of the caller.
 * @throws BackupError if that holds rows, and nothing may be replaced
 * @throws MigrationError if a newer version has made it, whose tables this version does not know
 */
export async function makeRoom(connection: SqlConnection, { migrations, isReplacing }: Room): Promise<void> {
  await requireKnown(connection, migrations);
  const found = await connection.query(SELECT_TABLES, [namesMadeBy(migrations, "TABLE")]);
  const tables = found.map(({ quoted }) => String(quoted));
  if (tables.length > 0) await connection.script(`LOCK TABLE ${tables.join(", ")}`); // nobody may write after it was looked
  if (!isReplacing) await requireEmpty(connection, tables);
  const [schema] = await connection.query('SELECT quote_ident(current_schema()) AS "name"');
  const drop = (kind: "TABLE" | "TYPE" | "FUNCTION", names: readonly string[]) =>
    connection.script(names.map((name) => `DROP ${kind} IF EXISTS ${String(schema?.name)}."${name}" CASCADE;`).join("\n"));
  await drop("TABLE", [...namesMadeBy(migrations, "TABLE"), "_prisma_migrations"]);
  await drop("FUNCTION", namesMadeBy(migrations, "FUNCTION"));
  await drop("TYPE", namesMadeBy(migrations, "TYPE"));
}

async function requireKnown(connection: SqlConnection, migrations: readonly Migration[]): Promise<void> {
  const [books] = await connection.query(`SELECT to_regclass('"_prisma_migrations"')::text AS "table"`);
  if (books?.table == null) return;
  const names = migrations.map(({ name }) => name);
  const [unknown] = await connection.query(
    `SELECT "migration_name" AS "name" FROM "_prisma_migrations" WHERE "migration_name" <> ALL($1::text[])`,
    [names],
  );
  if (unknown !== undefined) throw unknownMigration("database", String(unknown.name));
}

/** A database is empty if it has no row: also the first user and key, which the first start of a server makes, would be lost. */
async function requireEmpty(connection: SqlConnection, tables: readonly string[]): Promise<void> {
  for (const table of tables) {
    const { length } = await connection.query(`SELECT FROM ${table} LIMIT 1`);
    if (length > 0) throw notEmpty();
  }
}

const notEmpty = (): BackupError =>
  new BackupError("The database is not empty, and was left as it is: restore into a new one, or replace all that it holds with --replace.");

/** @throws BackupError if the database of the connection holds any row of ours */
export async function requireEmptyDatabase(connection: SqlConnection, migrations: readonly Migration[]): Promise<void> {
  const found = await connection.query(SELECT_TABLES, [namesMadeBy(migrations, "TABLE")]);
  await requireEmpty(
    connection,
    found.map(({ quoted }) => String(quoted)),
  );
}
