import { constants, type Stats } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { AppError } from "../core/errors/app-error.js";
import { codeOf } from "../platform/error-code.js";

/** A path that is not read or written: a link, or a special file, which may have no end like /dev/zero. */
export class NotRegularFileError extends Error {
  override readonly name = "NotRegularFileError";
}

/** The largest size of a file, and the setting that limits it. */
export type SizeLimit = { readonly bytes: number; readonly setting: string };

type Kind = Pick<Stats, "isFile" | "isSymbolicLink" | "isFIFO" | "isSocket">;

/** Returns the reason why something is not read or written, or null for a regular file. */
export function reasonToSkip(kind: Kind): string | null {
  if (kind.isFile()) return null;
  if (kind.isSymbolicLink()) return "a link, which is not followed";
  if (kind.isFIFO()) return "a FIFO and no regular file";
  return kind.isSocket() ? "a socket and no regular file" : "no regular file";
}

/** A path may have changed since it was listed. These flags do not follow a link, and do not wait for the writer of a FIFO. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Reads the bytes of a regular file.
 * @throws NotRegularFileError if it is a link or no regular file
 * @throws INVALID_PARAMETER if it has more bytes than the limit, at its beginning or while it is read
 */
export async function readRegularFile(path: string, limit: SizeLimit): Promise<Buffer> {
  const { handle, size } = await openRegularFile(path);
  try {
    if (size > limit.bytes) throw tooLarge(limit);
    return await readWithin(handle, limit);
  } finally {
    await handle.close();
  }
}

/** Opens a regular file for reading, which the caller closes. @throws NotRegularFileError if it is a link or no regular file */
export async function openRegularFile(path: string): Promise<{ readonly handle: FileHandle; readonly size: number }> {
  const handle = await open(path, FLAGS).catch(explainOpening);
  const stats = await handle.stat();
  const reason = reasonToSkip(stats);
  if (reason === null) return { handle, size: stats.size };
  await handle.close();
  throw new NotRegularFileError(reason);
}

async function readWithin(handle: FileHandle, limit: SizeLimit): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // One byte more than allowed is read, to tell a file that grew beyond the limit from one of exactly that size.
  for await (const chunk of handle.createReadStream({ end: limit.bytes, autoClose: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    chunks.push(chunk);
  }
  if (bytes > limit.bytes) throw tooLarge(limit);
  return Buffer.concat(chunks);
}

function tooLarge({ bytes, setting }: SizeLimit): AppError {
  return new AppError("INVALID_PARAMETER", { message: `larger than ${bytes} bytes, the limit of ${setting}` });
}

/** Turns the system's errors for a link that is not followed, and for a socket, into the reason to skip it. */
function explainOpening(error: unknown): never {
  const code = codeOf(error);
  if (code === "ELOOP") throw new NotRegularFileError("a link, which is not followed");
  if (code === "ENXIO") throw new NotRegularFileError("no regular file");
  throw error;
}
