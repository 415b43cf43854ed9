import { setFlagsFromString } from "node:v8";
import { PGlite } from "@electric-sql/pglite";
import { cannotOpen } from "./database-folder.js";
import { DatabaseFiles } from "./database-files.js";
import { createDiskReserve, type DiskReserve } from "./disk-reserve.js";

const SETTINGS = {
  /** A quarter of the usual buffers saves some 100 MB. It suffices, because the operating system caches the files too. */
  shared_buffers: "32MB",
  /** Nobody replicates the database, so that tables that are written anew need no log. */
  wal_level: "minimal",
  max_wal_senders: "0",
  /** Old segments of the log are deleted, and not kept for later: they take room and hold what was deleted. */
  max_wal_size: "64MB",
  min_wal_size: "32MB",
  wal_recycle: "off",
  /** Without this a checkpoint makes a small file, and where the disk has no room for it PostgreSQL gives up. */
  max_active_replication_origins: "0",
};

export const START_PARAMETERS = [
  ...PGlite.defaultStartParams,
  ...Object.entries(SETTINGS).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
];

/** Opening takes a second or two; recovery after a crash replays 64 MB of log at most. */
const OPEN_TIMEOUT_MS = 120_000;

type Options = {
  /** Is called when PostgreSQL gives up after its start: it cannot be used any more then. */
  readonly onPanic?: (message: string) => void;
  readonly reserve?: DiskReserve;
};

/**
 * Starts PostgreSQL in this thread.
 * @throws DatabaseFolderError with PostgreSQL's message about its files
 */
export async function createPGlite(
  folder: string,
  { onPanic = () => undefined, reserve = createDiskReserve(folder) }: Options = {},
): Promise<PGlite> {
  // By default V8 begins at once to optimize PostgreSQL's code, which makes a start take half as long again. With ten times
  // the usual budget it optimizes only the functions that requests use.
  setFlagsFromString("--wasm-tiering-budget=18000000");
  const messages = createMessages(onPanic);
  const opening = PGlite.create({
    fs: new DatabaseFiles(folder, reserve),
    startParams: START_PARAMETERS,
    onStderr: messages.add,
  });
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`PostgreSQL did not start within ${OPEN_TIMEOUT_MS / 1_000} s`)), OPEN_TIMEOUT_MS);
  });
  try {
    const pglite = await Promise.race([opening, timeout]);
    messages.endStart();
    return pglite;
  } catch (cause) {
    throw cannotOpen(folder, messages.reason() ?? (cause instanceof Error ? cause.message : String(cause)), cause);
  } finally {
    clearTimeout(timer);
  }
}

/** Reads PostgreSQL's messages: why it does not start, or cannot go on. */
function createMessages(onPanic: (message: string) => void) {
  let isStarting = true;
  let reason: string | undefined;
  return {
    /** PGlite prints the line in its debug mode only, whatever is returned. */
    add(line: string): boolean {
      const [, level, text] = /\b(FATAL|PANIC): +(.+)/.exec(line) ?? [];
      if (isStarting) reason ??= text;
      else if (level === "PANIC") onPanic(text ?? "");
      return false;
    },
    endStart: () => void (isStarting = false),
    reason: () => reason,
  };
}
