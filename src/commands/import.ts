import { join } from "node:path";
import type { Command } from "commander";
import type { Principal } from "../core/auth/principal.js";
import { parseInput } from "../core/errors/parse-input.js";
import { toAppError } from "../core/errors/from-unknown.js";
import { nameText } from "../platform/text.js";
import { projectIdText } from "../features/projects/input.js";
import type { Services } from "../features/services.js";
import type { HistoryOutcome } from "../features/history/service.js";
import { announceFirstKey, bootstrap } from "./bootstrap.js";
import { CommandError, withServices, type CommandContext, type Opened } from "./context.js";
import { findHistory, type HistoryFolder } from "./history-folder.js";
import { planImport, readHistory, scanFile, type ScannedFile } from "./import-plan.js";
import { createProgress, type Progress } from "./progress.js";
import { findUser, toPrincipal } from "./user.js";

type Options = { project?: string; name?: string; user?: string };
type Target = { readonly history: HistoryFolder; readonly projectId: string; readonly projectName: string };
type Counts = Record<HistoryOutcome | "failed", number>;

export function addImport(program: Command, context: CommandContext): void {
  program
    .command("import")
    .argument("<dir>", "a project, its .specstory, or any folder of history files")
    .description("take over the conversations in a folder of SpecStory's history files; again, only what has changed")
    .option("--project <id>", "the project they go to; the name of the folder that holds .specstory if absent")
    .option("--name <name>", "the project's name, if it is a new one; the same as its folder if absent")
    .option("--user <email>", "the user they belong to; the only user if absent")
    .action(async (dir: string, options: Options) => {
      const target = await readTarget(dir, options);
      const counts = await withServices(context, (opened) => importAll(context, opened, target, options.user));
      const { imported, replaced, unchanged, failed } = counts;
      context.out(`${imported} imported, ${replaced} replaced, ${unchanged} unchanged, ${failed} failed`);
      if (failed > 0) throw new CommandError(`Not everything could be imported into the project ${target.projectId}`);
    });
}

async function readTarget(dir: string, { project, name }: Options): Promise<Target> {
  const history = await findHistory(dir);
  const projectId = parseInput(projectIdText, project ?? history.projectName, ["--project"]);
  return { history, projectId, projectName: parseInput(nameText, name ?? history.projectName, ["--name"]) };
}

async function importAll(context: CommandContext, opened: Opened, target: Target, email: string | undefined): Promise<Counts> {
  const principal = await findOwner(context, opened, email);
  const counts: Counts = { imported: 0, replaced: 0, unchanged: 0, failed: 0 };
  const { folder, fileNames } = target.history;
  if (fileNames.length === 0) context.err(`There are no .md files in ${folder}`);
  const progress = createProgress(context.terminal, context.err, 2 * fileNames.length);
  try {
    await storeAll(opened.services, principal, target, await scanAll(target.history, counts, progress), counts, progress);
  } finally {
    progress.stop();
  }
  return counts;
}

/** The user of the address, or the only one; a newcomer's first user is made here just as the server's first start does. */
async function findOwner({ out }: CommandContext, { services, config }: Opened, email: string | undefined): Promise<Principal> {
  const firstKey = email === undefined ? await bootstrap(services, config.bootstrapApiKey) : null;
  for (const line of announceFirstKey(firstKey, config.bootstrapApiKey)) out(line);
  return toPrincipal(await findUser(services, email));
}

/** Learns what every file holds, one at a time, so that no more than the largest is ever in memory. */
async function scanAll({ folder, fileNames }: HistoryFolder, counts: Counts, progress: Progress): Promise<ScannedFile[]> {
  const files: ScannedFile[] = [];
  for (const fileName of fileNames) {
    try {
      files.push(await scanFile(folder, fileName));
    } catch (error) {
      counts.failed += 1;
      progress.say(`${join(folder, fileName)}: ${explain(error)}`);
    }
    progress.step();
  }
  return files;
}

async function storeAll(
  { history }: Services,
  principal: Principal,
  target: Target,
  files: readonly ScannedFile[],
  counts: Counts,
  progress: Progress,
) {
  for (const { id, file, copies } of planImport(files)) {
    const { fileName, path, fingerprint } = file;
    try {
      const entry = { ...target, id, fileName, fingerprint, read: () => readHistory(path) };
      counts[await history.store(principal, entry)] += 1;
      counts.unchanged += copies;
    } catch (error) {
      counts.failed += 1 + copies;
      progress.say(`${path}: ${explain(error)}`);
    }
    progress.step();
  }
}

/** The reason in one line. @throws CommandError if the database is gone, since no other file will fare better */
function explain(error: unknown): string {
  const { reason, message, cause } = toAppError(error);
  if (reason === "UPSTREAM_UNAVAILABLE" || reason === "UPSTREAM_ERROR")
    throw new CommandError(`The database failed: ${message}`, { cause });
  return cause instanceof Error && reason === "INTERNAL_ERROR" ? (cause.message.trim().split("\n").at(-1) ?? message) : message;
}
