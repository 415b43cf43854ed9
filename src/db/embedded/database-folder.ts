import { chmodSync, lstatSync, readdirSync, realpathSync, type Dirent, type Stats } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../../platform/error-code.js";

/** The folder of the embedded database cannot be used as it is. The message is all that a person needs. */
export class DatabaseFolderError extends Error {
  override readonly name = "DatabaseFolderError";
}

/** Where the embedded database is in DATA_DIR. It may be a link to another disk. */
export function databaseFolder(dataDir: string): string {
  return join(dataDir, "pglite");
}

/** The version of PostgreSQL whose files PGlite reads. Files of other versions have another layout. */
const POSTGRES_VERSION = "18";

/** Every database has these. A folder without PG_VERSION but with one of them was a database. */
const DATABASE_FOLDERS = ["base", "global", "pg_wal"];

export function cannotOpen(folder: string, reason: string, cause?: unknown): DatabaseFolderError {
  const advice = "restore the folder from a backup, or move it away to begin with a new database";
  return new DatabaseFolderError(`The embedded database in ${folder} cannot be opened (${reason}) and was left as it is: ${advice}.`, {
    cause,
  });
}

/**
 * Tells whether a folder holds a database. If not, the folder is missing or empty. This must be known first: PGlite makes
 * a new database wherever PG_VERSION is missing, even over the files of an old one.
 * @throws DatabaseFolderError for a folder with other files
 */
export async function hasDatabase(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(ignoreMissing);
  if (names === null || names.length === 0) return false;
  const version = (await readFile(join(folder, "PG_VERSION"), "utf8").catch(ignoreMissing))?.trim();
  if (version === undefined) {
    if (DATABASE_FOLDERS.some((name) => names.includes(name))) throw cannotOpen(folder, "PG_VERSION is missing");
    throw new DatabaseFolderError(
      `${folder} is for the embedded database, but holds other files (${names.slice(0, 3).join(", ")}): move them away, or choose another DATA_DIR.`,
    );
  }
  if (version === "") throw cannotOpen(folder, "PG_VERSION is empty");
  if (version !== POSTGRES_VERSION) {
    throw cannotOpen(
      folder,
      `it is of PostgreSQL ${version.slice(0, 20)}, and this version of Backstory reads PostgreSQL ${POSTGRES_VERSION}`,
    );
  }
  const control = await stat(join(folder, "global", "pg_control")).catch(ignoreMissing);
  if (control === null || control.size === 0) throw cannotOpen(folder, `global/pg_control is ${control === null ? "missing" : "empty"}`);
  return true;
}

/** The permissions of the group and of everybody else. */
const OTHERS = 0o077;

/** Tells whether a name in DATA_DIR is the server's: the database, one that is being made, or the lock. */
const isOwn = (name: string): boolean => /^(pglite|holder)(\.|$)/.test(name);

/**
 * Makes the server's files in a folder readable for their owner only; earlier releases left them open to every user of the
 * machine. The folder itself is closed as well, unless it belongs to another user or holds other files.
 * @throws DatabaseFolderError if something stays open to others
 */
export function restrictDataDir(dataDir: string): void {
  if (process.platform === "win32") return; // files inherit the permissions of their folder there
  const folder = realpathSync(dataDir);
  const names = readdirSync(folder);
  if (names.every(isOwn) && lstatSync(folder).uid === process.getuid?.()) restrict(folder, dataDir);
  for (const name of names.filter(isOwn)) restrictTree(join(folder, name), dataDir);
}

/**
 * The same for a database, which may lie elsewhere, where a link in the data folder leads. It must be known to be one: the
 * link may be a mistake, or made by another user.
 * @throws DatabaseFolderError if something stays open to others
 */
export function restrictDatabase(folder: string): void {
  if (process.platform === "win32") return;
  restrictTree(folder, folder);
}

/** Closes all files below a path. It is synchronous, which takes a tenth of the time for a thousand files: nothing else runs yet. */
function restrictTree(path: string, dataDir: string): void {
  const stats = restrict(path, dataDir);
  if (stats?.isDirectory() !== true) return;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (mayBeRestricted(entry)) restrictTree(join(path, entry.name), dataDir);
  }
}

/** Leaves out links, which have no permissions, and sockets, which their folder protects. */
const mayBeRestricted = (entry: Dirent | Stats): boolean => entry.isDirectory() || entry.isFile();

function restrict(path: string, dataDir: string): Stats | null {
  const stats = lstatSync(path);
  if (!mayBeRestricted(stats)) return null;
  if ((stats.mode & OTHERS) === 0) return stats;
  try {
    chmodSync(path, stats.isDirectory() ? 0o700 : 0o600);
  } catch (cause) {
    throw openToOthers(path, dataDir, cause);
  }
  // Some file systems accept the call and ignore it.
  if ((lstatSync(path).mode & OTHERS) !== 0) throw openToOthers(path, dataDir);
  return stats;
}

function openToOthers(path: string, dataDir: string, cause?: unknown): DatabaseFolderError {
  const code = codeOf(cause);
  const reason = typeof code === "string" ? ` (${code})` : "";
  return new DatabaseFolderError(
    `${path} can be read by other users and its permissions cannot be changed${reason}: run the server as the owner of ${dataDir}, or choose another DATA_DIR.`,
    { cause },
  );
}

function ignoreMissing(error: unknown): null {
  if (codeOf(error) === "ENOENT") return null;
  throw error;
}
