import type { Deadline } from "../../platform/deadline.js";
import type { Query, Transaction } from "../engine.js";
import { fetchRows, type Piece, type TableSource } from "./copy-table.js";
import { toLine } from "./format.js";
import { readSequences } from "./read-sequences.js";
import type { Key, Range } from "./table-statements.js";

type EndSource = {
  readonly transaction: Transaction;
  readonly deadline: Deadline;
  readonly sources: readonly TableSource[];
  /** The names of the tables. */
  readonly names: readonly string[];
  /** The transaction at which the last pass began. */
  readonly since: string;
};

/** About the most bytes of rows that the transaction reads. With more it would keep others waiting. */
const MOST_BYTES = 8_000_000;

/** The number of blocks of 8 KB that one statement reads. */
const RANGE_BLOCKS = 4_096;

/**
 * Reads the end of a backup in one transaction, which sees a single state of the database: the rows that the passes have not
 * seen as they are now, the keys of all rows, and the sequences. Returns null if so much was written that another pass must be first.
 */
export function readEnd({ transaction, deadline, sources, names, since }: EndSource): Promise<Piece[] | null> {
  return transaction(async (query) => {
    await query({ text: "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY", values: [] });
    const rows: Piece[] = [];
    const keys: Piece[] = [];
    let bytes = 0;
    for (const { table, statements } of sources) {
      for await (const range of readRanges(query, statements, since)) {
        bytes += range.newBytes;
        if (bytes > MOST_BYTES) return null;
        if (range.newKeys.length > 0) {
          const piece = await fetchRows({ statements, run: query }, range.newKeys);
          rows.push({ text: toLine(["rows", table.name]) + piece.text, rows: piece.rows });
        }
        keys.push({ text: toLine(["keys", table.name, range.keys]), rows: 0 });
      }
    }
    return [...rows, ...keys, await readSequences(query, names)];
  }, deadline);
}

type KeyRange = { readonly keys: string[]; readonly newKeys: Key[]; readonly newBytes: number };

/** Reads all keys of a table in the order of its blocks, which is the fastest. There is at least one range, so that an empty table is known to be so. */
async function* readRanges(query: Query, statements: TableSource["statements"], since: string): AsyncGenerator<KeyRange> {
  const [size] = await query<{ blocks: number }>(statements.blocks);
  const blocks = size?.blocks ?? 0;
  for (let from = 0; from === 0 || from < blocks; from += RANGE_BLOCKS) {
    const [range] = await query<Range>(statements.readRange(since, { from, to: from + RANGE_BLOCKS }));
    if (range === undefined) throw new Error("The statement gives one row");
    const columns = range.newKeys.map((values) => values ?? []);
    yield {
      keys: range.keys.map((values) => values ?? "{}"),
      newKeys: (columns[0] ?? []).map((_, row) => columns.map((values) => values[row] ?? "")),
      newBytes: range.newBytes,
    };
  }
}
