import { createHash } from "node:crypto";
import { link, mkdir, realpath, rename, rm, stat } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Another process has the folder open. */
export class FolderLockedError extends Error {
  override readonly name = "FolderLockedError";
  constructor(folder: string) {
    super(
      `The embedded database in ${folder} is in use by another process, and only one at a time may open it. ` +
        "Use the running server's API, or stop the server first. For several processes, use PostgreSQL (DATABASE_URL).",
    );
  }
}

/**
 * Takes the folder for this process alone and returns the release. The lock is a listening socket: the operating
 * system drops it with the process, however that ends, so a lock that is left behind can always be told from a held one.
 * @throws FolderLockedError
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true });
  const address = await lockAddress(folder);
  const server = (await listen(address)) ?? ((await removeIfLeftBehind(address)) ? await listen(address) : null);
  if (server === null) throw new FolderLockedError(folder);
  return () => new Promise((resolve) => server.close(() => resolve()));
}

async function lockAddress(folder: string): Promise<string> {
  const real = await realpath(folder);
  const hash = createHash("sha256").update(real).digest("hex").slice(0, 24);
  if (process.platform === "win32") return `\\\\.\\pipe\\backstory-${hash}`;
  const inside = join(real, "lock");
  // The path of a socket is limited to about 100 bytes; a longer one falls back on a name made from it.
  return Buffer.byteLength(inside) <= 90 ? inside : join(tmpdir(), `backstory-${hash}`);
}

/** The listening server, or null if the address is taken. */
function listen(address: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? resolve(null) : reject(error)));
    server.listen(address, () => {
      server.unref();
      resolve(server);
    });
  });
}

/**
 * Removes the socket of a process that has ended. It is moved aside before it is tested, so that of two processes
 * that find it only one removes it, and a lock taken in between is put back.
 */
async function removeIfLeftBehind(address: string): Promise<boolean> {
  if (await answers(address)) return false;
  const aside = `${address}.${process.pid}`;
  try {
    await rename(address, aside);
  } catch (error) {
    if (isMissing(error)) return true;
    throw error;
  }
  const held = await answers(aside);
  if (held) await link(aside, address);
  await rm(aside, { force: true });
  return !held;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

async function answers(address: string): Promise<boolean> {
  if (process.platform === "win32") return true;
  if (!(await stat(address).catch(() => null))) return false;
  return new Promise((resolve) => {
    const socket = connect(address);
    socket
      .once("connect", () => resolve(true))
      .once("error", () => resolve(false))
      .once("close", () => socket.destroy());
  });
}
