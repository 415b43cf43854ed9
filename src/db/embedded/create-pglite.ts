import { setFlagsFromString } from "node:v8";
import { PGlite } from "@electric-sql/pglite";
import { cannotOpen } from "./database-folder.js";
import { OwnerOnlyFiles } from "./owner-only-files.js";

/** A quarter of the usual buffers saves some 100 MB. It suffices, because the operating system caches the files too. */
export const START_PARAMETERS = [...PGlite.defaultStartParams, "-c", "shared_buffers=32MB"];

/** Opening takes a second or two; recovery after a crash replays 64 MB of log at most. */
const OPEN_TIMEOUT_MS = 120_000;

type OnPanic = (message: string) => void;

/**
 * Starts PostgreSQL in this thread. `onPanic` is called when it gives up later: it cannot be used any more then.
 * @throws DatabaseFolderError with PostgreSQL's message about its files
 */
export async function createPGlite(folder: string, onPanic: OnPanic = () => undefined): Promise<PGlite> {
  // By default V8 begins at once to optimize PostgreSQL's code, which makes a start take half as long again. With ten times
  // the usual budget it optimizes only the functions that requests use.
  setFlagsFromString("--wasm-tiering-budget=18000000");
  const messages = createMessages(onPanic);
  const opening = PGlite.create({
    fs: new OwnerOnlyFiles(folder),
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
function createMessages(onPanic: OnPanic) {
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
