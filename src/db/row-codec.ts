import { Prisma } from "./generated/prisma/client.js";

/**
 * How JSON represents a column: as it is, a bigint as a number, a time as milliseconds. The bigints are keys and sums of
 * bytes, which never reach 2^53. An SQL expression may replace the column; it names the columns that it reads.
 */
type Column = "plain" | "bigint" | "time" | { readonly sql: string; readonly columns: readonly string[] };

export type Columns<Row> = Readonly<Record<keyof Row & string, Column>>;

/** A row of a statement: the columns of the table in one JSON text, and further columns beside it. */
export type Encoded<Extra = unknown> = { readonly row: string } & Extra;

/** The result of a statement that selects all rows in one JSON text. */
export type EncodedList = { readonly rows: string };

/** Counts the characters of the JSON that a statement selected. */
export function sizeOf([result]: readonly EncodedList[]): number {
  return result?.rows.length ?? 0;
}

/** JSON that is selected with a row in addition to its columns, and the property of the row that it becomes. */
export type Attachment = {
  readonly property: string;
  readonly values: readonly Prisma.Sql[];
  readonly read: (json: readonly unknown[]) => unknown;
  /** The columns from which the JSON is made. */
  readonly columns: readonly string[];
};

type Read = ((json: unknown) => unknown) | null;

export type RowCodec<Row extends object> = ReturnType<typeof createCodec<Row>>;

/**
 * Reads the rows of a table as JSON texts with arrays. A driver parses plain rows column by column, which costs twice as
 * much for a page of 100 sessions; JSON with objects costs PostgreSQL a third more. `alias` is the table's name in the
 * statement.
 */
export function createRowCodec<Row extends object>(alias: string, columns: Columns<Row>) {
  return {
    ...createCodec<Row>(alias, Object.entries<Column>(columns), []),

    /**
     * Makes a codec for some of the columns, and attachments, because each column costs time in a list. The type does not
     * show which are read.
     */
    only(names: readonly (keyof Row & string)[], attachments: readonly Attachment[] = []): RowCodec<Row> {
      const entries = names.map((name) => [name, columns[name]] as const);
      return createCodec<Row>(alias, entries, attachments);
    },
  };
}

function createCodec<Row extends object>(
  alias: string,
  entries: readonly (readonly [string, Column])[],
  attachments: readonly Attachment[],
) {
  const own = entries.map(([name, column]) => Prisma.raw(toSql(`${alias}."${name}"`, column)));
  const parts = [...own, ...attachments.flatMap(({ values }) => values)];
  const value = Prisma.sql`json_build_array(${Prisma.join(parts, ", ")})`;
  const names = entries.map(([name]) => name);
  const reads = entries.map(([, column]) => toRead(column));
  const sources = entries.flatMap(([name, column]) => (typeof column === "object" ? column.columns : [name]));

  function fill<Extra extends object>(found: Extra, parsed: readonly unknown[]): Row & Extra {
    // The loop fills one object. Building it from entries takes twice as long, and lists are long.
    const row: Record<string, unknown> = found as Record<string, unknown>; // any object may be given more properties
    for (let index = 0; index < names.length; index += 1) {
      const read = reads[index];
      row[names[index] as string] = read == null ? parsed[index] : read(parsed[index]); // within the bounds
    }
    let start = names.length;
    for (const { property, values, read } of attachments) {
      row[property] = read(parsed.slice(start, start + values.length));
      start += values.length;
    }
    return row as Row & Extra; // the columns are the keys of Row
  }

  const columnAs = (name: string) => Prisma.sql`${value}::text AS ${Prisma.raw(`"${name}"`)}`;

  return {
    /** The columns of the table that the codec reads. */
    columns: [...new Set([...sources, ...attachments.flatMap(({ columns }) => columns)])],

    /** The items of a row's array, for `readParts`. */
    parts,
    readParts: (json: readonly unknown[]): Row => fill({}, json),

    /** The row as JSON within another JSON value, for `readValue`. */
    value,
    readValue: (json: unknown): Row => fill({}, json as unknown[]), // what `value` made

    /** All rows of a subquery as JSON, for `readValues`. */
    values: Prisma.sql`COALESCE(json_agg(${value}), '[]')`,
    readValues: (json: unknown): Row[] => (json as unknown[][]).map((parsed) => fill({}, parsed)), // what `values` made

    /** The column to select, called "row", for `read`. */
    column: columnAs("row"),
    read: <Extra extends object>(found: Encoded<Extra>): Row & Omit<Extra, "row"> =>
      fill(withoutRow(found), JSON.parse(found.row) as unknown[]),

    /** The column to select under this name, beside rows of another table, for `readText`. */
    columnAs,
    readText: (text: string): Row => fill({}, JSON.parse(text) as unknown[]),

    /** The column to select, called "rows", from a subquery that has the rows in their order, for `readAll`. */
    list: Prisma.sql`COALESCE(json_agg(${value}), '[]')::text AS "rows"`,
    readAll: ([result]: readonly EncodedList[]): Row[] =>
      (JSON.parse(result?.rows ?? "[]") as unknown[][]).map((parsed) => fill({}, parsed)),
  };
}

/** Copies all properties but `row`. A loop is faster than rest syntax. */
function withoutRow<Extra extends object>(found: Encoded<Extra>): Omit<Extra, "row"> {
  const columns: Readonly<Record<string, unknown>> = found;
  const extra: Record<string, unknown> = {};
  for (const name in columns) if (name !== "row") extra[name] = columns[name];
  return extra as Omit<Extra, "row">; // all properties but "row" were copied
}

function toSql(name: string, column: Column): string {
  if (typeof column === "object") return column.sql;
  if (column === "time") return `date_part('epoch', ${name}) * 1000`;
  return name;
}

function toRead(column: Column): Read {
  if (column === "bigint") return (json) => BigInt(Number(json));
  // The seconds are a fraction in binary, so that their thousandfold may be off by a hair.
  return column === "time" ? (json) => (json === null ? null : new Date(Math.round(Number(json)))) : null;
}
