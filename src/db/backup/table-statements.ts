import type { Statement } from "../engine.js";
import type { Table } from "./tables.js";

/** The key of a row, each column as text. */
export type Key = readonly string[];

/** The most rows that one statement looks at. */
const MOST_ROWS = 1_000;

/** Rows that were written since a transaction. A row keeps the transaction that wrote it, also after it was frozen. */
const since = (parameter: string): string => `(${parameter}::text IS NULL OR age("xmin") <= age(${parameter}::text::xid8::xid))`;

/** A row, and about how many bytes it has as JSON. */
export type Measured = { readonly key: string[]; readonly bytes: number };

export type Surveyed = Measured & { readonly isNew: boolean };

export type Range = {
  /** Arrays of all keys, one for each column of the key; null where there is no row. */
  readonly keys: (string | null)[];
  /** The same of the rows that are new, as arrays of text. */
  readonly newKeys: (string[] | null)[];
  readonly newBytes: number;
};

/** Makes the statements that read a table for a backup. Their texts are constant for each table. */
export function createTableStatements({ quoted, keys, keyTypes, size }: Table) {
  const keyList = keys.join(", ");
  const types = keyTypes.map((type, index) => ({ type, number: index + 1 }));
  const after = `(${keyList}) > (${types.map(({ type, number }) => `$${number + 1}::text::${type}`).join(", ")})`;
  const survey = (where: string) => `
    SELECT "key", "bytes", "isNew" FROM (
      SELECT ARRAY[${keys.map((key) => `${key}::text`).join(", ")}] AS "key", "bytes", "isNew", lead(1) OVER (ORDER BY ${keyList}) IS NULL AS "isLast"
      FROM (SELECT ${keyList}, (${size})::float8 AS "bytes", ${since("$1")} AS "isNew" FROM ${quoted} ${where} ORDER BY ${keyList} LIMIT ${MOST_ROWS}) r
    ) s WHERE "isNew" OR "isLast" ORDER BY "isLast"`;
  const surveyFirst = survey("");
  const surveyNext = survey(`WHERE ${after}`);
  const given = `unnest(${types.map(({ type, number }) => `$${number}::text[]::${type}[]`).join(", ")}) AS k (${keyList})`;
  const fetch = `
    SELECT string_agg(row_to_json(t)::text, E'\\n') AS "rows", count(*)::integer AS "count" FROM ${given} JOIN ${quoted} t USING (${keyList})`;
  const measure = `
    SELECT ARRAY[${keys.map((key) => `${key}::text`).join(", ")}] AS "key", (${size})::float8 AS "bytes" FROM ${given} JOIN ${quoted} t USING (${keyList})`;
  const toColumns = (some: readonly Key[]) => keys.map((_, index) => some.map((key) => key[index]));
  const readRange = `
    SELECT ARRAY[${keys.map((key) => `array_agg(${key})::text`).join(", ")}] AS "keys",
      json_build_array(${keys.map((key) => `array_agg(${key}::text) FILTER (WHERE ${since("$1")})`).join(", ")}) AS "newKeys",
      COALESCE(sum(${size}) FILTER (WHERE ${since("$1")}), 0)::float8 AS "newBytes"
    FROM ${quoted} WHERE "ctid" >= $2::text::tid AND "ctid" < $3::text::tid`;
  return {
    /** The next rows in the order of their keys: those written since the transaction, and the last one that was looked at. */
    survey: (transaction: string | null, last: Key | null): Statement =>
      last === null ? { text: surveyFirst, values: [transaction] } : { text: surveyNext, values: [transaction, ...last] },

    /** The rows with these keys as JSON, as far as they are still there. */
    fetch: (some: readonly Key[]): Statement => ({ text: fetch, values: toColumns(some) }),

    /** The keys and sizes of those rows. */
    measure: (some: readonly Key[]): Statement => ({ text: measure, values: toColumns(some) }),

    blocks: {
      text: `SELECT (pg_relation_size($1::text::regclass) / current_setting('block_size')::integer)::integer AS "blocks"`,
      values: [quoted],
    } satisfies Statement,

    /** All keys in a range of the table's blocks, and those of the rows that were written since the transaction. */
    readRange: (transaction: string, { from, to }: { readonly from: number; readonly to: number }): Statement => ({
      text: readRange,
      values: [transaction, `(${from},0)`, `(${to},0)`],
    }),
  };
}

export type TableStatements = ReturnType<typeof createTableStatements>;
