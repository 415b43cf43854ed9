import type { Deadline } from "../../platform/deadline.js";
import type { Query, Statement, Transaction } from "../engine.js";
import { BackupError, toLine } from "./format.js";
import type { Key, Measured, Surveyed, TableStatements } from "./table-statements.js";
import type { Table } from "./tables.js";

/** Some whole lines of a backup, and how many of them are rows. */
export type Piece = { readonly text: string; readonly rows: number };

export type TableSource = {
  readonly table: Table;
  readonly statements: TableStatements;
  readonly run: <Row extends object>(statement: Statement) => Promise<Row[]>;
};

/** A database whose tables are copied while it changes. */
export type DatabaseSource = {
  readonly query: Query;
  readonly transaction: Transaction;
  readonly deadline: Deadline;
  readonly sources: readonly TableSource[];
  /** The names of the tables. */
  readonly names: readonly string[];
};

export const writtenTooFast = (): BackupError =>
  new BackupError("More is being written than the backup can follow: make it again when less is written.");

/** About how many bytes one statement reads: it should keep others waiting for no more than some hundredths of a second. */
const SLICE_BYTES = 1_000_000;

/** Copies the rows of a table that were written since a transaction, or all of them, and returns about how many bytes they had. */
export async function* copyTable(source: TableSource, since: string | null): AsyncGenerator<Piece, number> {
  const { table, statements, run } = source;
  let last: Key | null = null;
  let bytes = 0;
  for (;;) {
    const surveyed: Surveyed[] = await run<Surveyed>(statements.survey(since, last));
    yield { text: toLine(["rows", table.name]), rows: 0 }; // also where no row follows, as a sign of life
    for (const slice of toSlices(surveyed.filter(({ isNew }) => isNew))) {
      const piece = await fetchRows(source, slice);
      bytes += piece.text.length;
      yield piece;
    }
    const lastSurveyed = surveyed.at(-1);
    if (lastSurveyed === undefined) return bytes;
    last = lastSurveyed.key;
  }
}

/** Reads the rows with some keys. */
export async function fetchRows({ statements, run }: Pick<TableSource, "statements" | "run">, keys: readonly Key[]): Promise<Piece> {
  const [found] = await run<{ rows: string | null; count: number }>(statements.fetch(keys));
  return found?.rows == null ? { text: "", rows: 0 } : { text: `${found.rows}\n`, rows: found.count };
}

/** Divides rows into slices that one statement each reads. */
export function* toSlices(surveyed: readonly Measured[]): Generator<Key[]> {
  let slice: Key[] = [];
  let sliceBytes = 0;
  for (const { key, bytes } of surveyed) {
    if (slice.length > 0 && sliceBytes + bytes > SLICE_BYTES) {
      yield slice;
      slice = [];
      sliceBytes = 0;
    }
    slice.push(key);
    sliceBytes += bytes;
  }
  if (slice.length > 0) yield slice;
}
