import { link, lstat, open, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { codeOf } from "../platform/error-code.js";
import { syncFolder } from "../platform/sync-folder.js";
import type { Random } from "../platform/random.js";
import { CommandError } from "./context.js";
import { reasonToSkip } from "./regular-file.js";

/** A file that is to be written. */
export type FileTarget = {
  readonly path: string;
  /** Whether a file that is there already is replaced. */
  readonly force: boolean;
  readonly random: Random;
  /** Stops the writing, for example when a signal asks the process to end. */
  readonly stop: AbortSignal;
  /** Reads what was written, from its beginning, before the file gets its name. What it throws, the writing throws. */
  readonly check?: (chunks: AsyncIterable<Uint8Array>) => Promise<void>;
};

/**
 * Writes a stream to a file that is there whole or not at all: first to `FILE.partial-XXXX` beside it, which only its owner may
 * read, and which is renamed when it is on the disk. Whatever fails, nothing is left of it. Returns the number of bytes.
 * @throws CommandError if the file exists and `force` is not set, if it is no regular file, if it cannot be written, or if it
 * is stopped; any error of the stream as it is
 */
export async function writeFileWhole(target: FileTarget, chunks: AsyncIterable<Uint8Array>): Promise<number> {
  const path = resolve(target.path);
  await requireFree(target);
  const partial = `${path}.partial-${Buffer.from(target.random.bytes(4)).toString("hex")}`;
  const handle = await open(partial, "wx+", 0o600).catch(explain(target.path));
  try {
    const bytes = await fill(handle, target, chunks);
    await handle.sync().catch(explain(target.path));
    await target.check?.(handle.createReadStream({ start: 0, autoClose: false, signal: target.stop }) as AsyncIterable<Uint8Array>);
    await handle.close().catch(explain(target.path));
    await publish(partial, target);
    return bytes;
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(partial, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** @throws CommandError if the path cannot become the file, so that this is known before any work is done */
export async function requireFree({ path, force }: Pick<FileTarget, "path" | "force">): Promise<void> {
  const found = await lstat(resolve(path)).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return null;
    return explain(path)(error);
  });
  if (found === null) {
    const folder = dirname(resolve(path));
    const parent = await lstat(folder).catch((error: unknown) => (codeOf(error) === "ENOENT" ? null : explain(path)(error)));
    if (parent === null) throw new CommandError(`${path} cannot be written: there is no folder ${folder}`);
    return;
  }
  if (found.isDirectory()) throw new CommandError(`${path} cannot be written: it is a folder`);
  const reason = reasonToSkip(found);
  if (reason !== null) throw new CommandError(`${path} cannot be written: it is ${reason}`);
  if (!force) throw exists(path);
}

async function fill(handle: FileHandle, { path, stop }: FileTarget, chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let fail: (error: CommandError) => void = () => undefined;
  const onStop = () => fail(new CommandError(`Stopped: ${path} was not written`));
  stop.addEventListener("abort", onStop, { once: true });
  const iterator = chunks[Symbol.asyncIterator]();
  let bytes = 0;
  try {
    for (;;) {
      // A promise for each step: a race with one that lasts would keep every chunk until the end.
      const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        fail = reject;
        if (stop.aborted) onStop();
        iterator.next().then(resolve, reject);
      });
      if (next.done === true) return bytes;
      await handle.writeFile(next.value).catch(explain(path)); // at the end of what was written
      bytes += next.value.byteLength;
    }
  } catch (error) {
    // Not awaited: a source that hangs ends only when its connection is closed.
    void iterator.return?.().then(undefined, () => undefined);
    throw error;
  } finally {
    stop.removeEventListener("abort", onStop);
  }
}

/** Systems whose disks know no links, such as those of cameras. */
const WITHOUT_LINKS: ReadonlySet<unknown> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/** Gives the file its name. Without `force` a file that came there meanwhile stays: a link, unlike a move, replaces nothing. */
async function publish(partial: string, { path, force }: FileTarget): Promise<void> {
  const whole = resolve(path);
  try {
    if (force) await rename(partial, whole);
    else await link(partial, whole).then(() => rm(partial));
  } catch (error) {
    if (!force && codeOf(error) === "EEXIST") throw exists(path);
    if (force || !WITHOUT_LINKS.has(codeOf(error))) explain(path)(error);
    await requireFree({ path, force });
    await rename(partial, whole).catch(explain(path));
  }
  await syncFolder(dirname(whole));
}

function exists(path: string): CommandError {
  return new CommandError(`${path} exists already: choose another name, or replace it with --force`);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is full",
  EFBIG: "it is larger than the disk or the system allows",
  EACCES: "there is no permission",
  EPERM: "there is no permission",
  EROFS: "the disk can only be read",
  ENOTDIR: "what should be its folder is a file",
  ENAMETOOLONG: "its name is too long",
};

/** Turns an error of the system into one sentence. */
function explain(path: string): (error: unknown) => never {
  return (cause) => {
    const code = codeOf(cause);
    if (typeof code !== "string") throw cause;
    throw new CommandError(`${path} cannot be written: ${REASONS[code] ?? code}`, {
      cause,
    });
  };
}
