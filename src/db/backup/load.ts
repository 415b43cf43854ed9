import type { SqlConnection } from "../migrate.js";
import { BackupError } from "./format.js";
import type { Line } from "./read-backup.js";
import { SELECT_SEQUENCES, type Table } from "./tables.js";

type Load = {
  readonly tables: readonly Table[];
  /** The names of the tables. */
  readonly names: readonly string[];
  readonly lines: AsyncIterable<Line>;
};

/** One statement takes rows of about this size, whose JSON PostgreSQL holds in memory. */
const BATCH_BYTES = 2_000_000;
const BATCH_ROWS = 5_000;

const damaged = (what: string): BackupError => new BackupError(`The backup is damaged (${what}): nothing of it can be restored.`);

/** Loads the lines of a backup into tables without constraints, and returns the number of rows. @throws BackupError if they do not fit together */
export async function loadLines(connection: SqlConnection, { tables, names, lines }: Load): Promise<number> {
  const byName = new Map(tables.map((table) => [table.name, table]));
  const rows = createRows(connection);
  const keys = createKeys(connection);
  let hasSequences = false;

  function find(name: string): Table {
    const table = byName.get(name);
    if (table === undefined) throw damaged("it has a table that its version did not have");
    return table;
  }

  for await (const line of lines) {
    if (line instanceof Uint8Array) await rows.add(line);
    else if (line[0] === "rows") await rows.begin(find(line[1]));
    else {
      await rows.flush();
      if (line[0] === "keys") await keys.add(find(line[1]), line[2]);
      else if (line[0] === "gone") await removeRows(connection, find(line[1]), line[2]);
      else if (line[0] === "sequences") {
        await setSequences(connection, names, line[1]);
        hasSequences = true;
      }
    }
  }
  await rows.flush();
  await keys.end();
  if (!hasSequences) throw damaged("it lacks a part");
  return countRows(connection, tables);
}

async function countRows(connection: SqlConnection, tables: readonly Table[]): Promise<number> {
  let rows = 0;
  for (const { quoted } of tables) {
    const [count] = await connection.query(`SELECT count(*)::float8 AS "rows" FROM ${quoted}`);
    rows += Number(count?.rows);
  }
  return rows;
}

/** Inserts rows in batches. A row replaces an earlier one with its key. */
function createRows(connection: SqlConnection) {
  let table: Table | undefined;
  let batch: Buffer[] = [];
  let bytes = 0;

  async function flush(): Promise<void> {
    if (batch.length === 0 || table === undefined) return;
    const json = Buffer.concat([
      Buffer.from("["),
      ...batch.flatMap((row, index) => (index === 0 ? [row] : [COMMA, row])),
      Buffer.from("]"),
    ]);
    batch = [];
    bytes = 0;
    await connection.query(toInsert(table), [json.toString()]);
  }

  return {
    flush,
    /** Says of which table the next rows are. They may replace rows before them, which one statement could not do. */
    async begin(next: Table): Promise<void> {
      await flush();
      table = next;
    },
    async add(row: Buffer): Promise<void> {
      if (table === undefined) throw damaged("it has a row of no table");
      batch.push(row);
      bytes += row.length;
      if (bytes >= BATCH_BYTES || batch.length >= BATCH_ROWS) await flush();
    },
  };
}

const COMMA = Buffer.from(",");

/** PostgreSQL reads what it has written, so that no value passes through a type of JavaScript. */
function toInsert({ quoted, columns, keys }: Table): string {
  const list = columns.join(", ");
  const changes = columns.filter((column) => !keys.includes(column)).map((column) => `${column} = EXCLUDED.${column}`);
  const onConflict = changes.length === 0 ? "NOTHING" : `UPDATE SET ${changes.join(", ")}`;
  return `INSERT INTO ${quoted} (${list}) OVERRIDING SYSTEM VALUE
    SELECT ${list} FROM json_populate_recordset(null::${quoted}, $1::json) ON CONFLICT (${keys.join(", ")}) DO ${onConflict}`;
}

/** Deletes the rows whose keys a backup does not have, table after table. */
function createKeys(connection: SqlConnection) {
  const done = new Set<string>();
  let table: Table | undefined;

  async function end(): Promise<void> {
    if (table === undefined) return;
    const { quoted, keys, name } = table;
    table = undefined;
    const isSame = keys.map((key) => `k.${key} = t.${key}`).join(" AND ");
    await connection.query(`DELETE FROM ${quoted} t WHERE NOT EXISTS (SELECT FROM pg_temp."kept" k WHERE ${isSame})`);
    const [counts] = await connection.query(
      `SELECT (SELECT count(*) FROM pg_temp."kept")::float8 AS "keys", (SELECT count(*) FROM ${quoted})::float8 AS "rows"`,
    );
    if (counts?.keys !== counts?.rows) throw damaged(`rows of ${name} are missing`);
    done.add(name);
    await connection.script(`DROP TABLE pg_temp."kept"`);
  }

  return {
    end,
    async add(next: Table, arrays: readonly string[]): Promise<void> {
      const { quoted, keys, keyTypes, name } = next;
      if (table?.name !== name) {
        await end();
        if (done.has(name) || arrays.length !== keys.length) throw damaged(`the keys of ${name}`);
        table = next;
        await connection.script(`CREATE TEMPORARY TABLE "kept" AS SELECT ${keys.join(", ")} FROM ${quoted} LIMIT 0`);
      }
      const values = keyTypes.map((type, index) => `$${index + 1}::text::${type}[]`).join(", ");
      await connection.query(`INSERT INTO pg_temp."kept" SELECT * FROM unnest(${values})`, arrays);
    },
  };
}

async function removeRows(
  connection: SqlConnection,
  { quoted, keys, keyTypes }: Table,
  gone: readonly (readonly string[])[],
): Promise<void> {
  const values = keyTypes.map((type, index) => `$${index + 1}::text[]::${type}[]`).join(", ");
  const isSame = keys.map((key) => `k.${key} = t.${key}`).join(" AND ");
  const columns = keys.map((_, index) => gone.map((key) => key[index]));
  await connection.query(`DELETE FROM ${quoted} t USING unnest(${values}) AS k (${keys.join(", ")}) WHERE ${isSame}`, columns);
}

async function setSequences(connection: SqlConnection, names: readonly string[], values: Readonly<Record<string, string>>): Promise<void> {
  const known = new Set((await connection.query(SELECT_SEQUENCES, [names])).map(({ name }) => String(name)));
  for (const [name, value] of Object.entries(values)) {
    if (!known.has(name)) throw damaged("it has a sequence that its version did not have");
    await connection.query(`SELECT setval(format('%I', $1::text)::regclass, $2::text::bigint)`, [name, value]);
  }
}
