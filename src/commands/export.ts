import type { Command } from "commander";
import { readConfig } from "../config.js";
import type { ErrorReason } from "../core/errors/catalogue.js";
import { toAppError } from "../core/errors/from-unknown.js";
import { FolderLockedError } from "../db/embedded/folder-lock.js";
import { systemRandom } from "../platform/random.js";
import { CommandError, withServices, type CommandContext } from "./context.js";
import { downloadGzip, readEmail, toAddress, type Remote } from "./remote.js";
import { findUser, toPrincipal } from "./user.js";
import { requireFree, writeFileWhole, type FileTarget } from "./write-file.js";

type Options = { user?: string; url?: string; key?: string; force?: boolean };

export function addExport(program: Command, context: CommandContext): void {
  program
    .command("export")
    .argument("<file>", "the archive to write, like ada.tar.gz")
    .description("write all that a user owns into one archive (.tar.gz)")
    .option("--user <email>", "the user; the only user, or the user of --key, if absent")
    .option("--key <key>", "a key of the user: the export then comes from the running server")
    .option("--url <address>", "where that server is; at HOST and PORT if absent")
    .option("--force", "replace the file if it exists")
    .action((file: string, options: Options) => exportTo(context, file, options));
}

async function exportTo(context: CommandContext, path: string, { user, url, key, force = false }: Options): Promise<void> {
  if (url !== undefined && key === undefined) throw new CommandError("--url needs --key, a key of the user");
  const stopping = new AbortController();
  const ignoreSignals = context.onSignal(() => stopping.abort());
  const target = { path, force, random: systemRandom, stop: stopping.signal };
  try {
    await requireFree(target);
    const written =
      key === undefined
        ? await fromDatabase(context, target, user)
        : await fromServer({ url: toAddress(readConfig(context.env), url), key, stop: stopping.signal }, target, user);
    context.out(`${path}: all of ${written.email}, ${written.bytes} bytes`);
  } finally {
    ignoreSignals();
  }
}

const DATABASE_FAILURES: ReadonlySet<ErrorReason> = new Set(["UPSTREAM_UNAVAILABLE", "UPSTREAM_ERROR", "UPSTREAM_TIMEOUT"]);

type Written = { readonly email: string; readonly bytes: number };

async function fromDatabase(context: CommandContext, target: FileTarget, email: string | undefined): Promise<Written> {
  try {
    return await withServices(context, async ({ services }) => {
      const user = await findUser(services, email);
      return { email: user.email, bytes: await writeFileWhole(target, services.exports.archive(toPrincipal(user))) };
    });
  } catch (error) {
    if (error instanceof FolderLockedError) {
      throw new CommandError(`${error.message} To export through the running server, add --key KEY, a key of the user.`, { cause: error });
    }
    const { reason, message } = toAppError(error);
    if (!DATABASE_FAILURES.has(reason)) throw error;
    throw new CommandError(`The database failed: ${message}`, { cause: error });
  }
}

/** @throws CommandError if the key is another user's */
async function fromServer(remote: Remote, target: FileTarget, email: string | undefined): Promise<Written> {
  const owner = await readEmail(remote);
  if (email !== undefined && email.toLowerCase() !== owner)
    throw new CommandError(`The key is not one of ${email}: export with a key of that user`);
  return { email: owner, bytes: await writeFileWhole(target, downloadGzip(remote, "/export")) };
}
