import { randomBytes } from "node:crypto";
import { readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

const prefixOf = (folder: string): string => `${folder}.new-`;

/** Names a database that is being made beside the folder, or that is being removed. The next start removes what has such a name. */
export const nameUnfinished = (folder: string): string => `${prefixOf(folder)}${randomBytes(4).toString("hex")}`;

/** Removes unfinished databases of interrupted first starts and restores. None is in use, since only the holder of the lock makes one. */
export async function removeUnfinished(folder: string): Promise<void> {
  const prefix = basename(prefixOf(folder));
  const names = (await readdir(dirname(folder))).filter((name) => name.startsWith(prefix));
  await Promise.all(names.map((name) => removeAtOnce(join(dirname(folder), name), nameUnfinished(folder))));
}

/** Moves a folder away first: the process that makes a database can outlive the one that was killed, and then finds its folder gone. */
async function removeAtOnce(path: string, away: string): Promise<void> {
  await rename(path, away);
  await removeFolder(away);
}

export function removeFolder(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 5 });
}
