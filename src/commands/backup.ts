import { join } from "node:path";
import type { Command } from "commander";
import { readConfig, type Config } from "../config.js";
import { createBackup } from "../db/backup/backup.js";
import { openEngine } from "../db/database.js";
import { hasDatabase } from "../db/embedded/database-folder.js";
import { FolderLockedError } from "../db/embedded/folder-lock.js";
import { systemClock } from "../platform/clock.js";
import { writeBackupFile } from "./backup-file.js";
import { CommandError, explained, type CommandContext } from "./context.js";
import { fetchBackup } from "./fetch-backup.js";

type Options = { key?: string; url?: string; force?: true };

export function addBackup(program: Command, context: CommandContext): void {
  program
    .command("backup")
    .argument("<file>", "the file to write; it holds the data of all users, and only you can read it")
    .description("make a backup of the whole database")
    .option("--key <key>", "a key of the scope admin: the backup goes through the running server")
    .option("--url <url>", "the address of that server; http://HOST:PORT of the settings if absent")
    .option("--force", "replace the file if it is there")
    .action((file: string, options: Options) => backUp(context, file, options));
}

async function backUp(context: CommandContext, file: string, { key, url, force }: Options): Promise<void> {
  if (url !== undefined && key === undefined) throw new CommandError("--url needs --key, with a key of the scope admin");
  const config = readConfig(context.env);
  const interrupt = new AbortController();
  context.onInterrupt(() => interrupt.abort(new CommandError("Interrupted: no backup was made.")));
  const { signal } = interrupt;
  const target = { file, isReplacing: force === true, signal };
  const size =
    key === undefined
      ? await fromDatabase(context, config, (pieces) => writeBackupFile(target, pieces))
      : await writeBackupFile(target, () => fetchBackup({ key, url, config, signal }));
  context.out(`Backed up to ${file} (${size} bytes)`);
}

type Pieces = () => AsyncIterable<Uint8Array>;

/** Opens the database as it is: a backup is made before an upgrade, so that it must not migrate. */
async function fromDatabase<T>(context: CommandContext, config: Config, write: (pieces: Pieces) => Promise<T>): Promise<T> {
  if (config.databaseUrl === undefined && !(await hasDatabase(join(config.dataDir, "pglite"))))
    throw new CommandError(`There is no database in ${config.dataDir} to back up: name its folder in DATA_DIR, or set DATABASE_URL.`);
  const engine = await explained(openEngine({ ...config, clock: systemClock, announce: context.err })).catch(adviseKey);
  try {
    return await explained(
      write(() => createBackup({ ...engine, clock: systemClock })),
      "The database failed",
    );
  } finally {
    await engine.close();
  }
}

function adviseKey(error: unknown): never {
  if (!(error instanceof FolderLockedError)) throw error;
  throw new CommandError(`${error.message} To back up through the running server, add --key KEY with a key of the scope admin.`);
}
