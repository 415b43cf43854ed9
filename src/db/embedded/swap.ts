import { randomBytes } from "node:crypto";
import { open, readdir, rename, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { codeOf } from "../../platform/error-code.js";
import { syncFolder } from "../../platform/sync-folder.js";
import { nameUnfinished } from "./unfinished-databases.js";

/** The name of a database that was set aside for another that takes its place, before the random part. */
const aside = (folder: string): string => `${folder}.old-`;

type Swap = { readonly folder: string; readonly next: string };

/**
 * Puts a complete database in the place of another, and returns the path of what is to be deleted. A database is set aside
 * whole, and its name says so until the other one is in its place: `mendSwap` finishes or undoes what a crash interrupts.
 */
export async function swapIn({ folder, next }: Swap): Promise<string> {
  const old = aside(folder) + randomBytes(4).toString("hex");
  const discarded = nameUnfinished(folder);
  const isThere = await moveIfThere(folder, old);
  await rename(next, folder);
  await syncFolder(dirname(folder));
  if (isThere) await rename(old, discarded);
  return discarded;
}

/**
 * Ends a swap that was interrupted: a database that was set aside goes back where none has taken its place, else it is to be
 * deleted. Nothing may make a new database in the folder before.
 */
export async function mendSwap(folder: string): Promise<void> {
  const prefix = basename(aside(folder));
  const names = (await readdir(dirname(folder))).filter((name) => name.startsWith(prefix));
  for (const name of names) {
    const path = join(dirname(folder), name);
    await rmdir(folder).catch(() => undefined); // an empty folder is no database
    if (await isMissing(folder)) await rename(path, folder);
    else await rename(path, nameUnfinished(folder));
  }
}

async function isMissing(folder: string): Promise<boolean> {
  return readdir(folder).then(
    () => false,
    (error: unknown) => {
      if (codeOf(error) === "ENOENT") return true;
      throw error;
    },
  );
}

/** Tells whether there was something to move. */
async function moveIfThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error;
  }
}

/** Waits until a database is on the disk: PGlite itself does not. */
export async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else if (entry.isFile()) await sync(path);
  }
  await syncFolder(folder);
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
