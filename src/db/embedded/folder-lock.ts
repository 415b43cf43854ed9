import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, realpath, rename, rm, symlink } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { codeOf } from "../../platform/error-code.js";

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

/** The name of the lock in the folder. */
const LOCK = "holder";

type Release = () => Promise<void>;

/**
 * Takes the folder for this process alone and returns the release. The lock is a listening socket in the folder: the operating
 * system drops it with the process, however that ends, so a lock that is left behind can always be told from a held one.
 * @throws FolderLockedError
 */
export async function lockFolder(folder: string): Promise<Release> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const real = await realpath(folder);
  const release = process.platform === "win32" ? await takePipe(real) : await withShortPath(real, (short) => takeSocket(short, real));
  if (release === null) throw new FolderLockedError(folder);
  return release;
}

/** The most bytes of the path of a folder with a socket in it. Systems limit the path of a socket to about 100. */
const MOST_PATH_BYTES = 70;

/** Gives work a short path to a folder, which for a long one is a temporary link: the socket is in the folder either way. */
async function withShortPath<T>(folder: string, work: (path: string) => Promise<T>): Promise<T> {
  if (Buffer.byteLength(folder) <= MOST_PATH_BYTES) return work(folder);
  const links = await mkdtemp(join(tmpdir(), "bs-"));
  try {
    const link = join(links, "l");
    await symlink(folder, link);
    return await work(link);
  } finally {
    await rm(links, { recursive: true, force: true });
  }
}

/** A pipe of Windows belongs to the process that made it, and goes with it. */
async function takePipe(folder: string): Promise<Release | null> {
  const server = await listen(`\\\\.\\pipe\\backstory-${hash(folder)}`).catch((error: unknown) => {
    if (codeOf(error) === "EADDRINUSE") return null;
    throw error;
  });
  return server === null ? null : () => close(server);
}

/**
 * Moves a new folder, in which a socket listens, to the path of the lock. That succeeds for one process only: the move
 * fails while the folder at the path holds a socket. A socket that nobody listens to is removed by its name. Each name is
 * used once, so that a process cannot remove the socket of another one that was faster. `short` is a path to the folder `real`.
 */
async function takeSocket(short: string, real: string): Promise<Release | null> {
  const name = randomBytes(4).toString("hex");
  const lockPath = join(short, LOCK);
  const own = `${lockPath}.${name}`;
  await mkdir(own, { mode: 0o700 });
  try {
    const server = await listen(join(own, name));
    if (await moveTo(lockPath, own)) {
      return async () => {
        await rm(join(real, LOCK, name), { force: true });
        await close(server);
      };
    }
    await close(server);
    return null;
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

/** Tells whether the move succeeded; it does not while a process listens there. */
async function moveTo(lockPath: string, own: string): Promise<boolean> {
  for (;;) {
    try {
      await rename(own, lockPath);
      return true;
    } catch (error) {
      if (codeOf(error) !== "ENOTEMPTY" && codeOf(error) !== "EEXIST") throw error;
    }
    for (const name of await readdir(lockPath)) {
      if (await answers(join(lockPath, name))) return false;
      await rm(join(lockPath, name), { force: true });
    }
  }
}

function listen(address: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", reject);
    server.listen(address, () => resolve(server.unref()));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Tells whether a process listens. Only a refused connection proves that none does: a busy process may fail to answer in other ways. */
function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket
      .once("connect", () => {
        socket.destroy();
        resolve(true);
      })
      .once("error", (error) => resolve(codeOf(error) !== "ECONNREFUSED" && codeOf(error) !== "ENOENT"));
  });
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 24);
}
