import type { SqlConnection } from "../migrate.js";
import type { Table } from "./tables.js";

/** Indexes first, which unique constraints follow, and foreign keys last: the order in which they can be made. Each primary key stays. */
const SELECT_CONSTRAINTS = `
  SELECT 1 AS "place", format('DROP INDEX %s', i."indexrelid"::regclass) AS "drop", pg_get_indexdef(i."indexrelid") AS "make"
  FROM pg_index i
  WHERE i."indrelid" = ANY($1::text[]::regclass[]) AND NOT i."indisprimary"
    AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c."conindid" = i."indexrelid" AND c."contype" IN ('u', 'x'))
  UNION ALL
  SELECT CASE c."contype" WHEN 'f' THEN 3 ELSE 2 END,
    format('ALTER TABLE %s DROP CONSTRAINT %I', c."conrelid"::regclass, c."conname"),
    format('ALTER TABLE %s ADD CONSTRAINT %I %s', c."conrelid"::regclass, c."conname", pg_get_constraintdef(c."oid"))
  FROM pg_constraint c WHERE c."conrelid" = ANY($1::text[]::regclass[]) AND c."contype" IN ('f', 'u', 'x')
  ORDER BY "place"`;

/**
 * Drops the indexes, unique constraints and foreign keys of tables, and keeps their triggers from running, while rows are
 * loaded. The function that is returned makes them again, for which all rows are checked.
 */
export async function setConstraintsAside(connection: SqlConnection, tables: readonly Table[]): Promise<() => Promise<void>> {
  const names = tables.map(({ quoted }) => quoted);
  const found = await connection.query(SELECT_CONSTRAINTS, [names]);
  for (const { drop } of [...found].reverse()) await connection.script(String(drop));
  for (const name of names) await connection.script(`ALTER TABLE ${name} DISABLE TRIGGER USER`);
  return async () => {
    for (const { make } of found) await connection.script(String(make));
    for (const name of names) await connection.script(`ALTER TABLE ${name} ENABLE TRIGGER USER`);
  };
}
