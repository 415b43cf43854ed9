import { join } from "node:path";
import type { Command } from "commander";
import type { Principal } from "../core/auth/principal.js";
import { parseInput } from "../core/errors/parse-input.js";
import { toAppError } from "../core/errors/from-unknown.js";
import { nameText } from "../platform/text.js";
import { projectIdText } from "../features/projects/input.js";
import type { HistoryOutcome } from "../features/history/service.js";
import { announceFirstKey, bootstrap } from "./bootstrap.js";
import { CommandError, withServices, type CommandContext, type Opened } from "./context.js";
import { findHistory, type HistoryFolder } from "./history-folder.js";
import { planImport, readHistory, scanFile, type ScannedFile } from "./import-plan.js";
import { createProgress, type Progress } from "./progress.js";
import { NotRegularFileError } from "./regular-file.js";
import { findUser, requireUnlocked, toPrincipal } from "./user.js";

type Options = { project?: string; name?: string; user?: string };
type Target = { readonly history: HistoryFolder; readonly projectId: string; readonly projectName: string };
type Counts = Record<HistoryOutcome | "failed", number>;
type Run = Opened & { readonly principal: Principal; readonly target: Target; readonly counts: Counts; readonly progress: Progress };

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
      const counts = await withServices(context, (opened) => importAll(context, opened, { target, email: options.user }));
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

type Import = { readonly target: Target; readonly email: string | undefined };

async function importAll(context: CommandContext, opened: Opened, { target, email }: Import): Promise<Counts> {
  const principal = await findOwner(context, opened, email);
  const counts: Counts = { imported: 0, replaced: 0, unchanged: 0, failed: 0 };
  const { folder, fileNames, skipped } = target.history;
  if (fileNames.length === 0 && skipped.length === 0) context.err(`There are no .md files in ${folder}`);
  const progress = createProgress({ ...context, steps: 2 * fileNames.length, title: "Importing" });
  const run: Run = { ...opened, principal, target, counts, progress };
  try {
    for (const { path, reason } of skipped) progress.say(`${path}: ${reason}`);
    await storeAll(run, await scanAll(run));
  } finally {
    progress.stop();
  }
  return counts;
}

/** Finds the user with the address, or the only user. If there is none, the first user and key are made as on the server's first start. */
async function findOwner({ out }: CommandContext, { services, config }: Opened, email: string | undefined): Promise<Principal> {
  const firstKey = email === undefined ? await bootstrap(services, config.bootstrapApiKey) : null;
  for (const line of announceFirstKey(firstKey, config.bootstrapApiKey)) out(line);
  return toPrincipal(requireUnlocked(await findUser(services, email)));
}

/** Scans the files one at a time, so that memory holds only one. */
async function scanAll(run: Run): Promise<ScannedFile[]> {
  const { folder, fileNames } = run.target.history;
  const files: ScannedFile[] = [];
  for (const fileName of fileNames) {
    try {
      files.push(await scanFile(folder, fileName, run.config.uploads.sent));
    } catch (error) {
      report(run, { path: join(folder, fileName), files: 1 }, error);
    }
    run.progress.step();
  }
  return files;
}

async function storeAll(run: Run, files: readonly ScannedFile[]): Promise<void> {
  const { services, principal, target, counts, progress, config } = run;
  for (const { id, file, copies } of planImport(files)) {
    const { fileName, path, fingerprint } = file;
    try {
      const entry = { ...target, id, fileName, fingerprint, read: () => readHistory(path, config.uploads.sent) };
      counts[await services.history.store(principal, entry)] += 1;
      counts.unchanged += copies;
    } catch (error) {
      report(run, { path, files: 1 + copies }, error);
    }
    progress.step();
  }
}

/** Says why a file was not imported. A file that became a link since it was listed is skipped and not a failure, as any link. */
function report({ counts, progress }: Run, { path, files }: { path: string; files: number }, error: unknown): void {
  if (!(error instanceof NotRegularFileError)) counts.failed += files;
  progress.say(`${path}: ${explain(error)}`);
}

/** Returns the reason in one line. @throws CommandError if the database is gone: every other file would fail too */
function explain(error: unknown): string {
  const { reason, message, cause } = toAppError(error);
  if (reason === "UPSTREAM_UNAVAILABLE" || reason === "UPSTREAM_ERROR")
    throw new CommandError(`The database failed: ${message}`, { cause });
  return cause instanceof Error && reason === "INTERNAL_ERROR" ? (cause.message.trim().split("\n").at(-1) ?? message) : message;
}
