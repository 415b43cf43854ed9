import { fstatSync } from "node:fs";
import { freeBytesSync } from "../../platform/disk-space.js";
import type { WasmModule } from "./file-operations.js";

/** While less than this is free, tables and indexes do not grow: PostgreSQL answers 53100 (disk full) and goes on. */
export const RESERVE_BYTES = 48_000_000;

/**
 * While less than this is free, nothing is written. A segment of the write-ahead log has 16 MB, and where PostgreSQL cannot
 * make the next one it gives up (PANIC).
 */
export const LOG_RESERVE_BYTES = 24_000_000;

/** How long what was read of the disk is believed while a statement writes, in milliseconds and in bytes written. */
const FRESH_MS = 100;
const FRESH_BYTES = 4_000_000;

/** Files of tables and indexes, and of what does not fit into memory; the few others are small, and nothing goes on without them. */
const TABLE_FILE = /\/base\/(?:\d+\/\d|pgsql_tmp)/;

/** ENOSPC as Emscripten numbers it (WASI's errno `nospc`). */
const NO_SPACE = 51;

export type DiskReserve = {
  /** Makes the files of a module keep the reserve. */
  readonly guard: (module: WasmModule) => void;
  /** Tells whether so little is free that nothing may be written. */
  readonly isUsedUp: () => boolean;
  /** Counts what was written to the write-ahead log, in bytes. */
  readonly logBytes: () => number;
};

/** Keeps room on the disk of a folder for PostgreSQL's write-ahead log, without which it cannot even undo what has failed. */
export function createDiskReserve(folder: string): DiskReserve {
  let free = Number.POSITIVE_INFINITY;
  let readAtMs = Number.NEGATIVE_INFINITY;
  let written = 0;
  let logBytes = 0;

  function readFreeBytes(): number {
    free = freeBytesSync(folder);
    readAtMs = performance.now();
    written = 0;
    return free;
  }

  const recentFreeBytes = (): number => (performance.now() - readAtMs < FRESH_MS && written < FRESH_BYTES ? free : readFreeBytes());

  function guard({ NODEFS: { stream_ops: streams }, FS }: WasmModule): void {
    const write = streams.write.bind(streams);
    streams.write = (stream, buffer, offset, length, position) => {
      written += length;
      const isTable = TABLE_FILE.test(stream.path ?? "");
      if (stream.path?.includes("/pg_wal/") === true) logBytes += length;
      else if (isTable && recentFreeBytes() < RESERVE_BYTES && (position ?? 0) + length > fstatSync(stream.nfd).size) {
        throw new FS.ErrnoError(NO_SPACE);
      }
      return write(stream, buffer, offset, length, position);
    };
  }

  return { guard, isUsedUp: () => readFreeBytes() < LOG_RESERVE_BYTES, logBytes: () => logBytes };
}
