import { realpath } from "node:fs/promises";
import { databaseFolder, restrictDataDir } from "./database-folder.js";
import { mendSwap } from "./swap.js";
import { removeUnfinished } from "./unfinished-databases.js";

/**
 * Closes a data folder to others, ends what an interrupted start or restore has left there, and returns the path of the
 * database, whether there is one or not. The caller holds the lock of the folder.
 * @throws DatabaseFolderError if something stays open to others
 */
export async function prepareFolder(dataDir: string): Promise<string> {
  restrictDataDir(dataDir);
  const given = databaseFolder(dataDir);
  const folder = await realpath(given).catch(() => given); // the folder may be a link to another disk
  await mendSwap(folder);
  await removeUnfinished(folder);
  return folder;
}
