import { copyTable, fetchRows, toSlices, writtenTooFast, type DatabaseSource, type Piece, type TableSource } from "./copy-table.js";
import { toLine } from "./format.js";
import { readSequences } from "./read-sequences.js";
import type { Key, Measured } from "./table-statements.js";
import { watchStatements, type Change } from "./watch.js";

/** About the most bytes of rows that the last transaction reads: it keeps everybody else waiting. */
const MOST_BYTES = 2_000_000;

/** How often changes are taken before they count as too many: each time takes some hundredths of a second. */
const MOST_TURNS = 2_000;

/**
 * Reads all tables of a database with one connection, while others go on changing them: no transaction may last, since it
 * would take the connection from everybody. Triggers note the keys of the rows that change meanwhile. Those are read again, until
 * so few are left that one short transaction reads the last of them: what was read then is the database as that transaction saw it.
 * To look for changed rows instead would be to read all rows: three seconds for 200,000 sessions, within that transaction.
 */
export async function* dumpWatched(source: DatabaseSource): AsyncGenerator<Piece> {
  const { query, deadline, sources } = source;
  await query(watchStatements.start(sources.map(({ table }) => table)), deadline);
  try {
    for (const each of sources) yield* copyTable(each, null);
    for (let turn = 1; turn <= MOST_TURNS; turn += 1) {
      const end = await readLastChanges(source);
      if (end !== null) return yield* end;
      const changes = await query<Change>(watchStatements.take, deadline);
      for (const [table, keys] of groupByTable(sources, changes)) yield* copyChanged(table, keys);
    }
    throw writtenTooFast();
  } finally {
    await query(watchStatements.stop, deadline);
  }
}

/** Returns the end of the backup, or null if so much has changed that it takes longer than others should wait. */
function readLastChanges({ transaction, deadline, sources, names }: DatabaseSource): Promise<Piece[] | null> {
  return transaction(async (query) => {
    const [count] = await query<{ areMany: boolean }>(watchStatements.areMany);
    if (count?.areMany !== false) return null;
    const changes = await query<Change>(watchStatements.look);
    const pieces: Piece[] = [];
    let bytes = 0;
    for (const [source, keys] of groupByTable(sources, changes)) {
      const inTransaction = { ...source, run: query };
      const found = await query<Measured>(source.statements.measure(keys));
      bytes += found.reduce((sum, each) => sum + each.bytes, 0);
      if (bytes > MOST_BYTES) return null;
      pieces.push(...(await fetchAll(inTransaction, found)), goneOf(source, keys, found));
    }
    return [...pieces, await readSequences(query, names)];
  }, deadline);
}

async function* copyChanged(source: TableSource, keys: readonly Key[]): AsyncGenerator<Piece> {
  const found = await source.run<Measured>(source.statements.measure(keys));
  yield* await fetchAll(source, found);
  yield goneOf(source, keys, found);
}

async function fetchAll(source: TableSource, found: readonly Measured[]): Promise<Piece[]> {
  const pieces: Piece[] = [{ text: toLine(["rows", source.table.name]), rows: 0 }];
  for (const slice of toSlices(found)) pieces.push(await fetchRows(source, slice));
  return pieces;
}

/** The keys whose rows are not there any more. */
function goneOf({ table }: TableSource, keys: readonly Key[], found: readonly Measured[]): Piece {
  const there = new Set(found.map(({ key }) => JSON.stringify(key)));
  const gone = keys.filter((key) => !there.has(JSON.stringify(key)));
  return { text: gone.length === 0 ? "" : toLine(["gone", table.name, gone.map((key) => [...key])]), rows: 0 };
}

function groupByTable(sources: readonly TableSource[], changes: readonly Change[]): [TableSource, Key[]][] {
  return sources.flatMap((source): [TableSource, Key[]][] => {
    const keys = changes.filter(({ table }) => table === source.table.name).map(({ key }) => key);
    return keys.length === 0 ? [] : [[source, keys]];
  });
}
