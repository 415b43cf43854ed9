import { createHash } from "node:crypto";
import { pipeline } from "node:stream/promises";
import { constants, createGzip } from "node:zlib";
import type { Piece } from "./copy-table.js";
import { toLine } from "./format.js";

/** Compressed bytes are handed on in pieces of this size. */
const PIECE_BYTES = 65_536;

/** The database reads about this many bytes ahead, while what was read before is compressed in another thread. */
const AHEAD_BYTES = 2_000_000;

/** Makes the bytes of a backup from its lines, with the line that ends it. They come as they are taken, and nothing is held in between. */
export async function* compressBackup(pieces: AsyncIterable<Piece>): AsyncGenerator<Uint8Array> {
  // What was written is flushed at once: a receiver hears of each step, and can tell a slow backup from a dead connection.
  const gzip = createGzip({
    ...{ level: constants.Z_BEST_SPEED, flush: constants.Z_SYNC_FLUSH },
    ...{ chunkSize: PIECE_BYTES, writableHighWaterMark: AHEAD_BYTES },
  });
  const compressing = pipeline(withEnd(pieces), gzip);
  compressing.catch(() => undefined); // who reads hears of it, and so does who reads no more
  try {
    for await (const piece of gzip as AsyncIterable<Buffer>) yield piece;
    await compressing;
  } finally {
    gzip.destroy();
    await compressing.catch(() => undefined); // until the database is left as it was
  }
}

async function* withEnd(pieces: AsyncIterable<Piece>): AsyncGenerator<Buffer> {
  const hash = createHash("sha256");
  let count = 0;
  for await (const { text, rows } of pieces) {
    const bytes = Buffer.from(text);
    hash.update(bytes);
    count += rows;
    yield bytes;
  }
  yield Buffer.from(toLine(["end", { rows: count, sha256: hash.digest("hex") }]));
}
