import { PAGE_BYTES } from "./page-checksum.js";
import type { RunStatement } from "./statement-runner.js";

/** Empty room in a table or index that is worth the work, in bytes. */
const WORTHWHILE_BYTES = 8_000_000;

/** The most texts, in bytes, that are written anew at once: somebody who comes meanwhile waits for it, about half a second. */
const MOST_REWRITTEN_BYTES = 64_000_000;

/** The most content, in bytes, for which indexes are made anew: the words of 4 MB take about a second. */
const MOST_INDEXED_BYTES = 4_000_000;

/** How many times larger than its table an index may be before it is made anew. */
const INDEX_FACTOR = 3;

/** Pages at the end of a large table that are moved in one step, 4 MB, and after how many steps the end is cut off. */
const MOVED_PAGES = 512;
const STEPS_TO_CUT = 4;

/** Of a large table this part may be empty: room that the next texts take. */
const SPARE_PART = 0.1;

/** PostgreSQL keeps long texts in chunks of 2 KB, of which a page has four. */
const CHUNKS_OF_PAGE = 4;

const TABLES = `SELECT oid::regclass, reltoastrelid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`;

/** Work that can pause after each step. */
export type Steps = Generator<undefined, void>;

/**
 * Gives the room that deleted and replaced rows took back to the file system, in steps between which the database can be used.
 * What remains of a small table is written anew; of a large one, the end is moved into the room and cut off.
 */
export function* giveSpaceBack(run: RunStatement): Steps {
  yield* vacuumTables(run);
  for (const { name, toast } of readTables(run)) {
    if (toast !== "0") yield* shrinkTexts(run, name, toast);
    shrinkRows(run, name);
    yield;
    yield* shrinkIndexes(run, name);
  }
}

/** Lets later rows take the room of deleted ones, and cuts off what is empty at the end of a table. */
export function* vacuumTables(run: RunStatement): Steps {
  for (const { name } of readTables(run)) {
    run(`VACUUM ${name}`);
    yield;
  }
}

function readTables(run: RunStatement): readonly { readonly name: string; readonly toast: string }[] {
  return run(TABLES).map(([name, toast]) => ({ name: name ?? "", toast: toast ?? "0" }));
}

const readNumber = (run: RunStatement, sql: string): number => Number(run(sql)[0]?.[0] ?? 0);

/** Shrinks the table in which PostgreSQL keeps the long texts of another one. */
function* shrinkTexts(run: RunStatement, table: string, toastId: string): Steps {
  const [[toast] = []] = run(`SELECT ${toastId}::regclass`);
  const size = () => readNumber(run, `SELECT pg_relation_size(${toastId})`);
  const used = () =>
    readNumber(run, `SELECT ceil(greatest(reltuples, 0) / ${CHUNKS_OF_PAGE}) * ${PAGE_BYTES} FROM pg_class WHERE oid = ${toastId}`);
  if (toast === undefined || toast === null || size() - used() < WORTHWHILE_BYTES) return;
  if (used() <= MOST_REWRITTEN_BYTES) {
    run(`VACUUM FULL ${toast}`);
    yield;
    return;
  }
  const columns = run(
    `SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = '${table}'::regclass AND atttypid = 'text'::regtype AND attnum > 0`,
  );
  const texts = columns.map(([column]) => column ?? "");
  for (let before = Number.POSITIVE_INFINITY; size() < before && size() - used() > size() * SPARE_PART;) {
    before = size();
    for (let step = 1; step <= STEPS_TO_CUT; step += 1) {
      moveEnd(run, { table, texts, toast, from: Math.floor(before / PAGE_BYTES) - step * MOVED_PAGES });
      yield;
    }
    run(`VACUUM (INDEX_CLEANUP ON) ${toast}`); // by default a few dead rows keep their places
    yield;
  }
}

type End = { readonly table: string; readonly texts: readonly string[]; readonly toast: string; readonly from: number };

/** Writes the texts that lie at the end once more, for which PostgreSQL takes room further ahead. */
function moveEnd(run: RunStatement, { table, texts, toast, from }: End): void {
  const chunks = run(`SELECT DISTINCT chunk_id FROM ${toast} WHERE ctid >= '(${Math.max(0, from)},0)'`).map(([id]) => id);
  if (chunks.length === 0 || texts.length === 0) return;
  const isAtEnd = (text: string) => `pg_column_toast_chunk_id(${text}) = ANY ('{${chunks.join()}}'::oid[])`;
  const changes = texts.map((text) => `${text} = CASE WHEN ${isAtEnd(text)} THEN ${text} || '' ELSE ${text} END`);
  run(`UPDATE ${table} SET ${changes.join(", ")} WHERE ${texts.map(isAtEnd).join(" OR ")}`);
}

/** Writes a table anew of which little is left, with its indexes. */
function shrinkRows(run: RunStatement, table: string): void {
  const size = readNumber(run, `SELECT pg_relation_size('${table}')`);
  if (size < WORTHWHILE_BYTES) return;
  const used = readNumber(run, `SELECT count(DISTINCT (ctid::text::point)[0]) * ${PAGE_BYTES} FROM ${table}`);
  const texts = readNumber(run, `SELECT pg_table_size('${table}')`) - size;
  if (used + texts <= MOST_INDEXED_BYTES) run(`VACUUM FULL ${table}`);
}

function* shrinkIndexes(run: RunStatement, table: string): Steps {
  const content = readNumber(run, `SELECT pg_table_size('${table}')`);
  if (content > MOST_INDEXED_BYTES) return;
  const least = Math.max(WORTHWHILE_BYTES, content * INDEX_FACTOR);
  for (const [index] of run(
    `SELECT indexrelid::regclass FROM pg_index WHERE indrelid = '${table}'::regclass AND pg_relation_size(indexrelid) > ${least}`,
  )) {
    run(`REINDEX INDEX ${index ?? ""}`);
    yield;
  }
}
