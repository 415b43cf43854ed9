import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { CommandError } from "./context.js";

export type HistoryFolder = {
  readonly folder: string;
  /** The name of the folder that holds `.specstory`, else of the folder itself. */
  readonly projectName: string;
  readonly fileNames: readonly string[];
};

/**
 * The history in a folder, which may be the project's, its `.specstory`, the history itself, or any with Markdown files.
 * @throws CommandError if it cannot be read
 */
export async function findHistory(given: string): Promise<HistoryFolder> {
  const folder = await historyIn(resolve(given));
  return { folder, projectName: basename(projectFolder(folder)), fileNames: await markdownFiles(folder) };
}

async function historyIn(given: string): Promise<string> {
  const candidates = basename(given) === ".specstory" ? [join(given, "history")] : [join(given, ".specstory", "history")];
  for (const candidate of candidates) if (await isFolder(candidate)) return candidate;
  return given;
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() === true;
}

/** In `app/.specstory/history` it is `app`, however deep the history lies. */
function projectFolder(history: string): string {
  for (let folder = history; folder !== dirname(folder); folder = dirname(folder)) {
    if (basename(folder) === ".specstory") return dirname(folder);
  }
  return history;
}

/** In an order that is the same on every machine, so that of several copies always the same one comes first. */
async function markdownFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw new CommandError(`${folder} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  });
  return entries
    .filter((entry) => !entry.isDirectory() && /\.md$/i.test(entry.name))
    .map((entry) => entry.name)
    .sort();
}
