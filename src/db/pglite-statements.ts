import { protocol, types, type PGlite } from "@electric-sql/pglite";
import type { Statement } from "./engine.js";

const { serialize, messages } = protocol;

type Parse = (text: string) => unknown;
type Value = string | Uint8Array | null;
type Column = { readonly name: string; readonly parse: Parse | undefined };

/** A statement that PostgreSQL has parsed, with the types of its parameters and its columns. */
type Prepared = { readonly name: string; readonly parameterTypes: readonly number[]; readonly columns: readonly Column[] };

/** The most statements that stay prepared. Each holds some 50 kB of PostgreSQL's memory, and the server has about a hundred texts. */
const MOST_PREPARED = 300;

/** The type of an array of `bigint`, for which PGlite has no constant. */
const INT8_ARRAY = 1016;

const bigints = (text: string): (bigint | null)[] =>
  text === "{}"
    ? []
    : text
        .slice(1, -1)
        .split(",")
        .map((item) => (item === "NULL" ? null : BigInt(item)));

/** Parsers that replace PGlite's own, which turn a bigint into a number if that is exact, and read bytes one by one. */
const PARSERS: Readonly<Record<number, Parse>> = {
  [types.INT8]: BigInt,
  [INT8_ARRAY]: bigints,
  [types.BYTEA]: (text) => Buffer.from(text.slice(2), "hex"),
};

/** PostgreSQL's codes for a prepared statement whose columns a migration has changed, or that DISCARD or DEALLOCATE has removed. */
const OUTDATED = new Set(["0A000", "26000"]);

const outdated = (error: unknown): boolean =>
  error instanceof messages.DatabaseError && error.code !== undefined && OUTDATED.has(error.code);

/**
 * Runs statements on PGlite as prepared statements: PostgreSQL parses each text once, and plans it anew only while custom
 * plans pay. PGlite's `query` parses and plans each time, and sends six messages where this sends one.
 *
 * The caller makes sure that no statement of another transaction runs between `BEGIN` and `COMMIT`.
 */
export function createPGliteStatements(pglite: PGlite) {
  const send = createSend(pglite);
  const { find, forget } = createPreparedStatements(pglite, send);

  async function execute<Row extends object>({ text, values }: Statement): Promise<Row[]> {
    const { name, parameterTypes, columns } = await find(text);
    const bound = serialize.bind({
      statement: name,
      values: values.map((value, index) => toParameter(pglite, value, parameterTypes[index])),
    });
    const rows: Row[] = [];
    for (const message of await send(bound, serialize.execute())) {
      if (message instanceof messages.DataRowMessage) rows.push(toRow(columns, message.fields) as Row); // the caller wrote the statement
    }
    return rows;
  }

  return {
    /** Runs a statement, inside the open transaction if there is one. */
    run: <Row extends object>(statement: Statement): Promise<Row[]> =>
      pglite.runExclusive(async () => {
        await pglite._checkReady(); // without it, the error of a closed database would look like a bug
        try {
          return await execute<Row>(statement);
        } catch (error) {
          if (!outdated(error)) throw error;
          await forget(statement.text);
          if (pglite.isInTransaction()) throw error; // the whole transaction has failed; its caller may repeat it
          return execute<Row>(statement);
        }
      }),
  };
}

/** Sends messages of PostgreSQL's protocol at once, and returns the answers. */
function createSend(pglite: PGlite) {
  return (...parts: readonly Uint8Array[]) => pglite.execProtocolStream(Buffer.concat([...parts, serialize.sync()]), { syncToFs: false });
}

/** Keeps the statements that PostgreSQL has parsed. */
function createPreparedStatements(pglite: PGlite, send: ReturnType<typeof createSend>) {
  /** The statements by their texts, in the order of their last use. */
  const prepared = new Map<string, Prepared>();
  let count = 0;

  async function prepare(text: string): Promise<Prepared> {
    const name = `s${(count += 1)}`;
    const answer = await send(...evict(), serialize.parse({ name, text }), serialize.describe({ type: "S", name }));
    const parameters = answer.find((message) => message instanceof messages.ParameterDescriptionMessage);
    const row = answer.find((message) => message instanceof messages.RowDescriptionMessage);
    const columns = (row?.fields ?? []).map(({ name, dataTypeID }) => ({ name, parse: PARSERS[dataTypeID] ?? pglite.parsers[dataTypeID] }));
    return { name, parameterTypes: parameters?.dataTypeIDs ?? [], columns };
  }

  /** Closes the statement that was not used for the longest time if there are MOST_PREPARED. */
  function evict(): Uint8Array[] {
    const [oldest] = prepared.size < MOST_PREPARED ? [] : prepared;
    if (oldest === undefined) return [];
    const [text, { name }] = oldest;
    prepared.delete(text);
    return [serialize.close({ type: "S", name })];
  }

  /** Removes a statement that is not valid any more. It is not an error if PostgreSQL has removed it already. */
  async function forget(text: string): Promise<void> {
    const known = prepared.get(text);
    prepared.delete(text);
    if (known !== undefined) await send(serialize.close({ type: "S", name: known.name }));
  }

  async function find(text: string): Promise<Prepared> {
    const known = prepared.get(text) ?? (await prepare(text));
    prepared.delete(text);
    prepared.set(text, known);
    return known;
  }

  return { find, forget };
}

function toParameter({ serializers }: PGlite, value: unknown, type: number | undefined): Value {
  if (value === null || value === undefined) return null;
  if (type === types.BYTEA && value instanceof Uint8Array) return value; // binary, instead of hexadecimal digits
  const serializer = type === undefined ? undefined : serializers[type];
  return serializer === undefined ? toText(value) : serializer(value);
}

/** Writes a value of a type for which PGlite has no serializer, such as uuid and numeric. */
function toText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  throw new TypeError("The value has a type that PostgreSQL's text format is not known for");
}

function toRow(columns: readonly Column[], fields: readonly (string | null)[]): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  columns.forEach(({ name, parse }, index) => {
    const field = fields[index] ?? null;
    row[name] = field === null || parse === undefined ? field : parse(field);
  });
  return row;
}
