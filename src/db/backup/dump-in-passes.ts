import { copyTable, writtenTooFast, type DatabaseSource, type Piece } from "./copy-table.js";
import { readEnd } from "./read-end.js";

/** What changed since the last pass is read in one transaction if it is about this little. */
const LITTLE_BYTES = 2_000_000;

const MOST_PASSES = 10;

/**
 * Reads all tables of a PostgreSQL server without a transaction that lasts as long as a slow receiver takes. The first pass
 * copies what is moving. Each further pass copies the rows that were written since the one before began. When few were, one
 * transaction reads the last of them and the keys of all rows: what was read then is the database as that transaction saw it.
 */
export async function* dumpInPasses(source: DatabaseSource): AsyncGenerator<Piece> {
  let since: string | null = null;
  for (let pass = 1; pass <= MOST_PASSES; pass += 1) {
    const oldest = await readOldestTransaction(source);
    let bytes = 0;
    for (const each of source.sources) bytes += yield* copyTable(each, since);
    since = oldest;
    if (pass > 1 && bytes > LITTLE_BYTES) continue;
    const end = await readEnd({ ...source, since });
    if (end !== null) return yield* end;
  }
  throw writtenTooFast();
}

/** Every transaction before it has ended, so that whatever is written from now on is of it or of a later one. */
async function readOldestTransaction({ query, deadline }: DatabaseSource): Promise<string> {
  const text = `SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS "oldest"`;
  const [row] = await query<{ oldest: string }>({ text, values: [] }, deadline);
  if (row === undefined) throw new Error("The statement gives one row");
  return row.oldest;
}
