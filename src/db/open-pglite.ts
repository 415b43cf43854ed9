import { execFile, type ExecFileException } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, readdir, realpath, rename, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { PGlite } from "@electric-sql/pglite";
import type { Clock } from "../platform/clock.js";
import { cannotOpen, DatabaseFolderError, hasDatabase, restrictDatabase, restrictDataDir } from "./database-folder.js";
import type { Engine } from "./engine.js";
import { lockFolder } from "./folder-lock.js";
import { OwnerOnlyFiles } from "./owner-only-files.js";
import { START_PARAMETERS, toEngine } from "./pglite.js";

/** Opening takes a second or two; recovery after a crash replays 64 MB of log at most. */
const OPEN_TIMEOUT_MS = 120_000;

/** Tells a person at the terminal what happens while the database is being opened. */
export type Announce = (line: string) => void;

type Options = { readonly dataDir: string; readonly clock: Clock; readonly announce?: Announce };

/**
 * Opens the embedded database: PostgreSQL in WebAssembly, with one connection, in a folder that it locks for this process.
 * @throws FolderLockedError
 * @throws DatabaseFolderError if the folder holds something else, or a damaged database
 */
export async function openPGlite({ dataDir, clock, announce = () => undefined }: Options): Promise<Engine> {
  const unlock = await lockFolder(dataDir);
  try {
    restrictDataDir(dataDir);
    const given = join(dataDir, "pglite");
    const folder = await realpath(given).catch(() => given); // the folder may be a link to another disk
    await removeUnfinished(folder);
    const isMade = await hasDatabase(folder);
    if (isMade) restrictDatabase(folder);
    const applied = isMade ? [] : await makeDatabase(folder, announce);
    const engine = toEngine(await createPGlite(folder), { clock, afterClose: unlock });
    return { ...engine, migrate: async () => [...applied, ...(await engine.migrate())] };
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** @throws DatabaseFolderError with PostgreSQL's message about its files */
export async function createPGlite(folder: string): Promise<PGlite> {
  // By default V8 begins at once to optimize PostgreSQL's code, which makes a start take half as long again. With ten times
  // the usual budget it optimizes only the functions that requests use.
  setFlagsFromString("--wasm-tiering-budget=18000000");
  const lines: string[] = [];
  const opening = PGlite.create({
    fs: new OwnerOnlyFiles(folder),
    startParams: START_PARAMETERS,
    onStderr: (line) => lines.push(line) > 0,
  });
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`PostgreSQL did not start within ${OPEN_TIMEOUT_MS / 1_000} s`)), OPEN_TIMEOUT_MS);
  });
  try {
    return await Promise.race([opening, timeout]);
  } catch (cause) {
    const said = lines.map((line) => /\b(?:FATAL|PANIC): +(.+)/.exec(line)?.[1]).find((reason) => reason !== undefined);
    throw cannotOpen(folder, said ?? (cause instanceof Error ? cause.message : String(cause)), cause);
  } finally {
    clearTimeout(timer);
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
  const script = fileURLToPath(new URL("./make-pglite.js", import.meta.url));
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
