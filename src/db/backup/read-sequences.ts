import type { Query } from "../engine.js";
import type { Piece } from "./copy-table.js";
import { toLine } from "./format.js";
import { SELECT_SEQUENCES } from "./tables.js";

/** Reads the last value of each sequence of some tables. One that has given none is left out. */
export async function readSequences(query: Query, names: readonly string[]): Promise<Piece> {
  const sequences = await query<{ name: string; value: string | null }>({ text: SELECT_SEQUENCES, values: [names] });
  const values = sequences.flatMap(({ name, value }) => (value === null ? [] : [[name, value] as const]));
  return { text: toLine(["sequences", Object.fromEntries(values)]), rows: 0 };
}
