import { execFile, type ExecFileException } from "node:child_process";
import { mkdir, rename, rmdir } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { codeOf } from "../../platform/error-code.js";
import type { Clock } from "../../platform/clock.js";
import { freeBytes } from "../../platform/disk-space.js";
import type { Logger } from "../../platform/logger.js";
import { watchStatements } from "../backup/watch.js";
import { createBackends } from "./backend.js";
import { databaseFolder, DatabaseFolderError, hasDatabase, restrictDatabase } from "./database-folder.js";
import type { Engine } from "../engine.js";
import { toEngine, type EmbeddedEngine } from "./engine.js";
import { lockFolder } from "./folder-lock.js";
import { RESERVE_BYTES } from "./disk-reserve.js";
import { prepareFolder } from "./prepare-folder.js";
import { nameUnfinished } from "./unfinished-databases.js";
import { describeFullDisk, freeSpareRoom, takeSpareRoom, toMegabytes } from "./spare-room.js";
import { startThread, type Upkeep } from "./thread-backend.js";

/** Tells a person at the terminal what happens while the database is being opened. */
export type Announce = (line: string) => void;

type Options = {
  readonly dataDir: string;
  readonly databaseTimeoutMs: number;
  readonly clock: Clock;
  readonly announce?: Announce;
  /** Hears what fails without anybody waiting for it. */
  readonly logger?: Pick<Logger, "warn">;
};

/**
 * Opens the embedded database: PostgreSQL in WebAssembly, in a thread, with one connection and a folder that is locked for this process.
 * @throws FolderLockedError
 * @throws DatabaseFolderError if the folder holds something else, or a damaged database
 */
export async function openEmbedded(options: Options): Promise<Engine> {
  const { dataDir } = options;
  await freeSpareRoom(databaseFolder(dataDir));
  try {
    const unlock = await lockFolder(dataDir);
    return await openLocked(options, unlock).catch(async (error: unknown) => {
      await unlock();
      throw error;
    });
  } catch (error) {
    throw isDiskFull(error) ? fullDiskError(dataDir, error) : error;
  }
}

async function openLocked(options: Options, unlock: () => Promise<void>): Promise<Engine> {
  const { dataDir, announce = () => undefined } = options;
  const folder = await prepareFolder(dataDir);
  const isMade = await hasDatabase(folder);
  if (isMade) restrictDatabase(folder);
  const applied = isMade ? [] : await makeDatabase(folder, announce);
  const engine = await startEngine(folder, options);
  await takeSpareRoom(folder);
  const warning = await describeFullDisk(folder);
  if (warning !== null) announce(warning);
  return {
    ...engine,
    async migrate() {
      const missing = await engine.migrate();
      await endWatch(engine);
      return [...applied, ...missing];
    },
    async close() {
      await engine.close();
      await unlock();
    },
  };
}

async function endWatch({ query }: Engine): Promise<void> {
  const [left] = await query<{ isLeft: boolean }>(watchStatements.isLeft);
  if (left?.isLeft === true) await query(watchStatements.stop);
}

class NoRoomError extends Error {
  override readonly name = "NoRoomError";
  readonly code = "ENOSPC";
}

/** Node's and PostgreSQL's words for it; PostgreSQL's come as text only while it starts. */
function isDiskFull(error: unknown): boolean {
  return codeOf(error) === "ENOSPC" || (error instanceof Error && /no space left on device|ENOSPC/i.test(error.message));
}

function fullDiskError(dataDir: string, cause: unknown): DatabaseFolderError {
  return new DatabaseFolderError(
    `The disk of ${dataDir} is full, and the embedded database does not start without some room: make ${toMegabytes(NEW_DATABASE_BYTES)} MB free and start again. Nothing that was stored is lost.`,
    { cause },
  );
}

/** The thread is ended when its memory is larger than this after its work: some 100 MB hold what every start needs. */
const MOST_MEMORY_BYTES = 200_000_000;

async function startEngine(folder: string, { databaseTimeoutMs, clock, logger }: Options): Promise<EmbeddedEngine> {
  const backends = createBackends((isFirst) => startThread({ folder, isFirst, onUpkeep }));
  const engine = toEngine({ backends, clock, databaseTimeoutMs });
  let restarting = Promise.resolve();

  function onUpkeep({ upkeepFailure, memoryBytes }: Upkeep): void {
    if (upkeepFailure !== null) logger?.warn({ reason: upkeepFailure }, "the room of deleted content was not given back");
    if (memoryBytes > MOST_MEMORY_BYTES) {
      restarting = engine.restart().catch((error: unknown) => logger?.warn({ err: error }, "the embedded database was not restarted"));
    }
  }

  await backends.start(); // so that damaged files are heard of now
  return {
    ...engine,
    async close() {
      await restarting;
      await engine.close();
    },
  };
}

/** What a new database takes, and what PostgreSQL keeps free. */
const NEW_DATABASE_BYTES = 40_000_000 + RESERVE_BYTES;

/** Makes a new database beside the folder and moves it there when it is complete, so that there is never half a database. */
async function makeDatabase(folder: string, announce: Announce): Promise<string[]> {
  if ((await freeBytes(dirname(folder))) < NEW_DATABASE_BYTES) throw new NoRoomError();
  announce("Preparing the database (once, about 10 s) ...");
  const beside = nameUnfinished(folder);
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
