import type { Migration } from "../migrate.js";

/** A table as the catalogue of PostgreSQL describes it. All names are quoted where SQL needs it. */
export type Table = {
  readonly name: string;
  readonly quoted: string;
  /** The columns of the primary key, and their types. */
  readonly keys: readonly string[];
  readonly keyTypes: readonly string[];
  /** The columns that are written, those that PostgreSQL computes left out. */
  readonly columns: readonly string[];
  /** An expression for about how many bytes a row has as JSON. It reads no long text: PostgreSQL knows their lengths. */
  readonly size: string;
};

type Kind = "TABLE" | "TYPE" | "FUNCTION";

/** The names of what the migrations make. Other tables in the schema are not ours. */
export function namesMadeBy(migrations: readonly Migration[], kind: Kind): string[] {
  const pattern = new RegExp(`^CREATE ${kind} "(\\w+)"`, "gm");
  return [...new Set(migrations.flatMap(({ sql }) => [...sql.matchAll(pattern)].map(([, name]) => name ?? "")))];
}

/** Selects the tables with these names that the schema of the connection has, in the order of their names. */
export const SELECT_TABLES = `
  SELECT c."relname"::text AS "name", quote_ident(c."relname") AS "quoted",
    ARRAY(SELECT quote_ident(a."attname") FROM unnest(p."conkey") WITH ORDINALITY AS k ("number", "place")
      JOIN pg_attribute a ON a."attrelid" = c."oid" AND a."attnum" = k."number" ORDER BY k."place") AS "keys",
    ARRAY(SELECT format_type(a."atttypid", a."atttypmod") FROM unnest(p."conkey") WITH ORDINALITY AS k ("number", "place")
      JOIN pg_attribute a ON a."attrelid" = c."oid" AND a."attnum" = k."number" ORDER BY k."place") AS "keyTypes",
    ARRAY(SELECT quote_ident(a."attname") FROM pg_attribute a
      WHERE a."attrelid" = c."oid" AND a."attnum" > 0 AND NOT a."attisdropped" AND a."attgenerated" = '' ORDER BY a."attnum") AS "columns",
    (SELECT string_agg(CASE
        WHEN a."attlen" > 0 THEN '30'
        WHEN a."atttypid" IN ('text'::regtype, 'varchar'::regtype) THEN format('COALESCE(octet_length(%I), 0) + 30', a."attname")
        ELSE format('COALESCE(4 * pg_column_size(%I), 0) + 30', a."attname") END, ' + ')
      FROM pg_attribute a WHERE a."attrelid" = c."oid" AND a."attnum" > 0 AND NOT a."attisdropped") AS "size"
  FROM pg_class c JOIN pg_constraint p ON p."conrelid" = c."oid" AND p."contype" = 'p'
  WHERE c."relkind" = 'r' AND c."relnamespace" = (SELECT "oid" FROM pg_namespace WHERE "nspname" = current_schema())
    AND c."relname" = ANY($1::text[])
  ORDER BY c."relname"`;

/** Selects the sequences of the schema that columns of these tables own, with the last value that each has given. */
export const SELECT_SEQUENCES = `
  SELECT s."relname"::text AS "name", pg_sequence_last_value(s."oid")::text AS "value"
  FROM pg_class s
    JOIN pg_depend d ON d."objid" = s."oid" AND d."classid" = 'pg_class'::regclass AND d."deptype" IN ('a', 'i')
    JOIN pg_class c ON c."oid" = d."refobjid"
  WHERE s."relkind" = 'S' AND s."relnamespace" = (SELECT "oid" FROM pg_namespace WHERE "nspname" = current_schema())
    AND c."relname" = ANY($1::text[])
  ORDER BY s."relname"`;
