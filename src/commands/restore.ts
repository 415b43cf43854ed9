import type { Command } from "commander";
import { readConfig } from "../config.js";
import { openBackup, type Line } from "../db/backup/read-backup.js";
import { restoreDatabase } from "../db/restore.js";
import { CommandError, explained, type CommandContext } from "./context.js";
import { createProgress } from "./progress.js";
import { NotRegularFileError, openRegularFile } from "./regular-file.js";

export function addRestore(program: Command, context: CommandContext): void {
  program
    .command("restore")
    .argument("<file>", "a file that backup has written")
    .description("restore a backup into an empty database; stop the servers first")
    .option("--replace", "replace all that the database holds")
    .action((file: string, { replace }: { replace?: true }) => restore(context, file, replace === true));
}

async function restore(context: CommandContext, file: string, isReplacing: boolean): Promise<void> {
  const config = readConfig(context.env);
  const interrupt = new AbortController();
  // A second signal ends the process at once, which leaves the database as it is too.
  const ignoreSignals = context.onSignal(() => {
    interrupt.abort(new CommandError("Interrupted: nothing was restored."));
    ignoreSignals();
  });
  const { handle, size } = await openRegularFile(file).catch((error: unknown) => explain(file, error));
  const progress = createProgress({ ...context, steps: Math.ceil(size / STEP_BYTES), title: "Restoring" });
  try {
    const bytes = handle.createReadStream({ autoClose: false, highWaterMark: STEP_BYTES }) as AsyncIterable<Buffer>;
    const { header, lines } = await openBackup(watch(bytes, progress.step));
    const backup = { header, lines: untilAborted(lines, interrupt.signal) };
    const rows = await explained(restoreDatabase(config, { backup, isReplacing }), "The database failed");
    progress.stop();
    context.out(`Restored the backup of ${header.createdAt} (${rows} rows)`);
  } finally {
    progress.stop();
    ignoreSignals();
    await handle.close();
  }
}

/** How much is read at once, and moves the progress bar by a step. */
const STEP_BYTES = 1_000_000;

async function* watch(bytes: AsyncIterable<Buffer>, step: () => void): AsyncGenerator<Buffer> {
  for await (const piece of bytes) {
    step();
    yield piece;
  }
}

/** Ends the restore with the reason of the signal. After the last line it is not looked at any more: the rest is done in a moment. */
async function* untilAborted(lines: AsyncIterable<Line>, signal: AbortSignal): AsyncGenerator<Line> {
  for await (const line of lines) {
    signal.throwIfAborted();
    yield line;
  }
  signal.throwIfAborted();
}

function explain(file: string, error: unknown): never {
  if (error instanceof NotRegularFileError) throw new CommandError(`${file} is ${error.message}: name the file that backup has written.`);
  throw new CommandError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}
