import { execFile, type ExecFileException } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, readdir, realpath, rename, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clock } from "../../platform/clock.js";
import { createBackends } from "./backend.js";
import { DatabaseFolderError, hasDatabase, restrictDatabase, restrictDataDir } from "./database-folder.js";
import type { Engine } from "../engine.js";
import { toEngine } from "./engine.js";
import { lockFolder } from "./folder-lock.js";
import { startThread } from "./thread-backend.js";

/** Tells a person at the terminal what happens while the database is being opened. */
export type Announce = (line: string) => void;

type Options = {
  readonly dataDir: string;
  readonly databaseTimeoutMs: number;
  readonly clock: Clock;
  readonly announce?: Announce;
};

/**
 * Opens the embedded database: PostgreSQL in WebAssembly, in a thread, with one connection and a folder that is locked for this process.
 * @throws FolderLockedError
 * @throws DatabaseFolderError if the folder holds something else, or a damaged database
 */
export async function openEmbedded({ dataDir, databaseTimeoutMs, clock, announce = () => undefined }: Options): Promise<Engine> {
  const unlock = await lockFolder(dataDir);
  try {
    restrictDataDir(dataDir);
    const given = join(dataDir, "pglite");
    const folder = await realpath(given).catch(() => given); // the folder may be a link to another disk
    await removeUnfinished(folder);
    const isMade = await hasDatabase(folder);
    if (isMade) restrictDatabase(folder);
    const applied = isMade ? [] : await makeDatabase(folder, announce);
    const backends = createBackends(() => startThread(folder));
    await backends.start(); // so that damaged files are heard of now
    const engine = toEngine({ backends, clock, databaseTimeoutMs });
    return {
      ...engine,
      migrate: async () => [...applied, ...(await engine.migrate())],
      async close() {
        await engine.close();
        await unlock();
      },
    };
  } catch (error) {
    await unlock();
    throw error;
  }
}

const unfinished = (folder: string): string => `${folder}.new-`;

/** Removes unfinished databases of interrupted first starts. None is in use, since only the holder of the lock makes one. */
async function removeUnfinished(folder: string): Promise<void> {
  const prefix = basename(unfinished(folder));
  const names = (await readdir(dirname(folder))).filter((name) => name.startsWith(prefix));
  await Promise.all(names.map((name) => rm(join(dirname(folder), name), { recursive: true, force: true, maxRetries: 5 })));
}

/** Makes a new database beside the folder and moves it there when it is complete, so that there is never half a database. */
async function makeDatabase(folder: string, announce: Announce): Promise<string[]> {
  announce("Preparing the database (once, about 10 s) ...");
  const beside = `${unfinished(folder)}${randomBytes(4).toString("hex")}`;
  await mkdir(beside, { mode: 0o700 });
  const migrations = await runMaker(beside);
  await rmdir(folder).catch(() => undefined); // it is empty, and not every system lets a move replace it
  await rename(beside, folder);
  return migrations;
}

/**
 * Makes a database in a separate process, because it takes over 100 MB that are given back only when the process ends.
 * V8 does not optimize its code, most of which runs once: that saves a quarter of the time.
 */
function runMaker(folder: string): Promise<string[]> {
  const script = fileURLToPath(new URL("./make-database.js", import.meta.url));
  return new Promise((resolve, reject) => {
    const onEnd = (error: ExecFileException | null, stdout: string, stderr: string) => {
      process.removeListener("exit", stop);
      if (error === null) resolve(stdout.split("\n"));
      else
        reject(
          new DatabaseFolderError(`The embedded database cannot be made in ${folder}: ${stderr.trim() || error.message}`, { cause: error }),
        );
    };
    const maker = execFile(process.execPath, ["--liftoff-only", script, folder], onEnd);
    const stop = () => maker.kill();
    process.once("exit", stop);
  });
}
