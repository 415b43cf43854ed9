import type { Command } from "commander";
import { readConfig, type Config } from "../config.js";
import { recordAction } from "../core/audit/record.js";
import { createBackup } from "../db/backup/backup.js";
import { openBackup } from "../db/backup/read-backup.js";
import { openEngine } from "../db/database.js";
import type { Engine } from "../db/engine.js";
import { databaseFolder, hasDatabase } from "../db/embedded/database-folder.js";
import { FolderLockedError } from "../db/embedded/folder-lock.js";
import { systemClock } from "../platform/clock.js";
import { systemRandom } from "../platform/random.js";
import { CommandError, explained, type CommandContext } from "./context.js";
import { downloadGzip, toAddress } from "./remote.js";
import { requireFree, writeFileWhole } from "./write-file.js";

type Options = { key?: string; url?: string; force?: boolean };

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

async function backUp(context: CommandContext, file: string, { key, url, force = false }: Options): Promise<void> {
  if (url !== undefined && key === undefined) throw new CommandError("--url needs --key, with a key of the scope admin");
  const config = readConfig(context.env);
  const stopping = new AbortController();
  const ignoreSignals = context.onSignal(() => stopping.abort());
  const target = { path: file, force, random: systemRandom, stop: stopping.signal, check: readBack };
  try {
    await requireFree(target);
    const bytes =
      key === undefined
        ? await fromDatabase(context, config, (pieces) => writeFileWhole(target, pieces))
        : await writeFileWhole(target, downloadGzip({ url: toAddress(config, url), key, stop: stopping.signal }, "/admin/backup", "POST"));
    context.out(`Backed up to ${file} (${bytes} bytes)`);
  } finally {
    ignoreSignals();
  }
}

/** @throws BackupError if what was written is not a whole backup */
async function readBack(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const { lines } = await openBackup(chunks);
  while ((await lines.next()).done !== true); // the end is checked with the last line
}

/** Opens the database as it is: a backup is made before an upgrade, so that it must not migrate. */
async function fromDatabase<T>(
  context: CommandContext,
  config: Config,
  write: (pieces: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  if (config.databaseUrl === undefined && !(await hasDatabase(databaseFolder(config.dataDir))))
    throw new CommandError(`There is no database in ${config.dataDir} to back up: name its folder in DATA_DIR, or set DATABASE_URL.`);
  const engine = await explained(openEngine({ ...config, clock: systemClock, announce: context.err })).catch(adviseKey);
  try {
    await record(engine, context);
    return await explained(write(createBackup({ ...engine, clock: systemClock })), "The database failed");
  } finally {
    await engine.close();
  }
}

/** An older database has no audit log, and on a full disk nothing can be recorded: a backup is wanted all the same. */
async function record({ query }: Engine, { err }: CommandContext): Promise<void> {
  const [log] = await query<{ table: string | null }>({ text: `SELECT to_regclass('"AuditEntry"')::text AS "table"`, values: [] });
  if (log?.table == null) return;
  await recordAction(query, { at: systemClock.now(), action: "BACKUP_MADE", actor: null, ownerId: null }).catch((error: unknown) =>
    err(`The audit log has no entry of this backup: ${error instanceof Error ? error.message : String(error)}`),
  );
}

function adviseKey(error: unknown): never {
  if (!(error instanceof FolderLockedError)) throw error;
  throw new CommandError(`${error.message} To back up through the running server, add --key KEY with a key of the scope admin.`);
}
