import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { link, lstat, open, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { openBackup } from "../db/backup/read-backup.js";
import { syncFolder } from "../db/embedded/swap.js";
import { codeOf } from "../platform/error-code.js";
import { CommandError } from "./context.js";
import { reasonToSkip } from "./regular-file.js";

type Target = {
  readonly file: string;
  /** Whether a file that is there may be replaced. */
  readonly isReplacing: boolean;
  readonly signal: AbortSignal;
};

/** Only the owner may read it: it holds everything, the hashes of keys too. */
const MODE = 0o600;

/**
 * Writes a backup to a file, and returns its size in bytes. Until it is complete, on the disk and read back, it has another
 * name beside the file, so that nothing incomplete looks whole.
 * @throws CommandError if it cannot be written; the incomplete file is removed
 */
export async function writeBackupFile({ file, isReplacing, signal }: Target, pieces: () => AsyncIterable<Uint8Array>): Promise<number> {
  await requireFree(file, isReplacing);
  const partial = `${file}.partial-${randomBytes(4).toString("hex")}`;
  const handle = await open(partial, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, MODE).catch((error: unknown) =>
    explain(file, error),
  );
  try {
    const size = await writeAll(handle, { file, signal }, pieces());
    await readBack(handle, signal);
    await publish(partial, file, isReplacing).catch((error: unknown) => explain(file, error));
    await syncFolder(dirname(file));
    return size;
  } finally {
    await handle.close();
    await rm(partial, { force: true });
  }
}

/** @throws CommandError if there is something that must not be replaced: a link or a folder never is */
async function requireFree(file: string, isReplacing: boolean): Promise<void> {
  const stats = await lstat(file).catch((error: unknown) => (codeOf(error) === "ENOENT" ? null : explain(file, error)));
  if (stats === null) return;
  const reason = stats.isDirectory() ? "a folder" : reasonToSkip(stats);
  if (reason !== null) throw new CommandError(`${file} is ${reason}: name a file to write.`);
  if (!isReplacing) throw alreadyThere(file);
}

const alreadyThere = (file: string): CommandError =>
  new CommandError(`${file} is there already: name another file, or replace it with --force.`);

async function writeAll(
  handle: FileHandle,
  { file, signal }: Pick<Target, "file" | "signal">,
  pieces: AsyncIterable<Uint8Array>,
): Promise<number> {
  let size = 0;
  for await (const piece of pieces) {
    signal.throwIfAborted();
    await handle.writeFile(piece).catch((error: unknown) => explain(file, error));
    size += piece.length;
  }
  await handle.sync().catch((error: unknown) => explain(file, error));
  return size;
}

/** Reads what was written from its beginning to its end. @throws BackupError if it is not a whole backup */
async function readBack(handle: FileHandle, signal: AbortSignal): Promise<void> {
  const { lines } = await openBackup(handle.createReadStream({ start: 0, autoClose: false }) as AsyncIterable<Buffer>);
  for await (const line of lines) if (line.length > 0) signal.throwIfAborted();
}

/** Gives the file its name. A link is made first, which fails where another process has written the file meanwhile. */
async function publish(partial: string, file: string, isReplacing: boolean): Promise<void> {
  if (isReplacing) return rename(partial, file);
  try {
    await link(partial, file);
  } catch (error) {
    if (codeOf(error) === "EEXIST") throw alreadyThere(file);
    await rename(partial, file); // the file system has no links
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "it would be larger than a file may be",
  ENOENT: "its folder does not exist",
  ENOTDIR: "its folder is no folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the disk is read-only",
  ENAMETOOLONG: "its name is too long",
};

function explain(file: string, cause: unknown): never {
  const code = codeOf(cause);
  if (cause instanceof CommandError || typeof code !== "string" || !(cause instanceof Error)) throw cause;
  throw new CommandError(`${file} cannot be written: ${REASONS[code] ?? cause.message}`, { cause });
}
