import { mkdir, readdir } from "node:fs/promises";
import { requireEmptyDatabase } from "../backup/make-room.js";
import { readMigrations, type SqlConnection } from "../migrate.js";
import { withConnection } from "../pool.js";
import { createBackends } from "./backend.js";
import { hasDatabase } from "./database-folder.js";
import { connectionTo } from "./engine.js";
import { lockFolder } from "./folder-lock.js";
import { prepareFolder } from "./prepare-folder.js";
import { swapIn, syncTree } from "./swap.js";
import { nameUnfinished, removeFolder } from "./unfinished-databases.js";
import { startThread } from "./thread-backend.js";

type Options<T> = {
  readonly dataDir: string;
  /** Fills the new database. */
  readonly load: (connection: SqlConnection) => Promise<T>;
  readonly isReplacing: boolean;
};

/**
 * Makes a new embedded database beside the one that is there, and puts it in its place when it is complete and on the disk.
 * The old one is not opened where it is replaced, so that it may be damaged.
 * @throws FolderLockedError if a server runs on the folder
 * @throws DatabaseFolderError if the folder holds something else
 * @throws BackupError if its database is not empty and must not be replaced
 */
export async function restoreEmbedded<T>({ dataDir, load, isReplacing }: Options<T>): Promise<T> {
  const unlock = await lockFolder(dataDir);
  try {
    const folder = await prepareFolder(dataDir);
    const isOld = await holdsDatabase(folder, isReplacing);
    if (isOld && !isReplacing) await inDatabase(folder, async (connection) => requireEmptyDatabase(connection, await readMigrations()));
    const next = nameUnfinished(folder);
    try {
      await mkdir(next, { mode: 0o700 });
      const result = await inDatabase(next, load);
      await syncTree(next);
      await removeFolder(await swapIn({ folder, next }));
      return result;
    } finally {
      await removeFolder(next);
    }
  } finally {
    await unlock();
  }
}

/** The names by which also a damaged database is known. */
const OF_DATABASES = ["PG_VERSION", "base", "global", "pg_wal"];

/** Tells whether a folder holds a database, which may be damaged if it is to be replaced. @throws DatabaseFolderError for other files, which are never replaced */
async function holdsDatabase(folder: string, isReplacing: boolean): Promise<boolean> {
  const names: readonly string[] = await readdir(folder).catch(() => []);
  if (isReplacing && OF_DATABASES.some((name) => names.includes(name))) return true;
  return hasDatabase(folder);
}

/** Does work on a database of which nothing else is open, and closes it. */
async function inDatabase<T>(folder: string, work: (connection: SqlConnection) => Promise<T>): Promise<T> {
  const backends = createBackends((isFirst) => startThread({ folder, isFirst, onUpkeep: () => undefined }));
  try {
    return await withConnection(connectionTo(backends), work);
  } finally {
    await backends.stop();
  }
}
