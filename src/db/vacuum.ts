import type { DatabaseSizes } from "./engine.js";
import type { SqlConnection } from "./migrate.js";

/** The tables of the schema in which the server's own are. */
const TABLES = `SELECT oid::regclass::text AS "name" FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace ORDER BY 1`;

/** Writes every table of a database anew, with its indexes. Each is locked meanwhile. */
export async function vacuum({ query, script }: SqlConnection): Promise<DatabaseSizes> {
  const before = await sizeOf(query);
  for (const { name } of await query(TABLES)) await script(`VACUUM (FULL) ${String(name)}`);
  return { before, after: await sizeOf(query) };
}

async function sizeOf(query: SqlConnection["query"]): Promise<number> {
  const [row] = await query("SELECT pg_database_size(current_database()) AS size");
  return Number(row?.size);
}
