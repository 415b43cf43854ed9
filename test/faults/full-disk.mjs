import { execFile } from "node:child_process";
import { chown, mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { onCleanUp } from "./clean-up.mjs";

const run = promisify(execFile);
const MEGABYTES = 150;
const CHUNK = 1_048_576;

/**
 * A small disk in memory, in the folder of a PostgreSQL server, for a tablespace. `fill` writes it full beside what the
 * database has there. Where it cannot be made, the reason.
 *
 * @param {import("./postgres-server.mjs").PostgresServer} server
 */
export async function mountSmallDisk({ folder, account }) {
  if (process.platform !== "linux" || account === undefined) return "only root on Linux may mount a small disk";
  const disk = join(folder, "disk");
  await mkdir(disk);
  try {
    await run("mount", ["-t", "tmpfs", "-o", `size=${MEGABYTES}m`, "tmpfs", disk]);
  } catch (error) {
    return `a small disk cannot be mounted here (${error instanceof Error ? error.message.trim() : error})`;
  }
  // The server that has files there is ended later than this.
  onCleanUp(() => run("umount", ["--lazy", disk]));
  const tablespace = join(disk, "tablespace");
  await mkdir(tablespace);
  await chown(tablespace, account.uid, account.gid);
  const filling = join(disk, "filling");
  return { folder: tablespace, fill: () => writeUntilFull(filling), free: () => rm(filling) };
}

async function writeUntilFull(/** @type {string} */ path) {
  const file = await open(path, "w");
  try {
    for (let size = CHUNK; size >= 1; size = Math.floor(size / 2)) await writeWhilePossible(file, size);
  } finally {
    await file.close();
  }
}

async function writeWhilePossible(/** @type {import("node:fs/promises").FileHandle} */ file, /** @type {number} */ size) {
  const bytes = Buffer.alloc(size, 1);
  try {
    for (;;) if ((await file.write(bytes)).bytesWritten < size) return;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ENOSPC") throw error;
  }
}
