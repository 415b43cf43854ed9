import { lstat, readdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { CommandError } from "./context.js";
import { reasonToSkip } from "./regular-file.js";

/** A path that an import leaves out, and why. */
export type Skipped = { readonly path: string; readonly reason: string };

export type HistoryFolder = {
  readonly folder: string;
  /** The name of the folder that holds `.specstory`, else of the folder itself. */
  readonly projectName: string;
  readonly fileNames: readonly string[];
  readonly skipped: readonly Skipped[];
};

/**
 * Finds the history in a folder: the project's, its `.specstory`, the history itself, or any folder with Markdown files.
 * The folder that a person names may be a link. Links inside it are not followed.
 * @throws CommandError if it cannot be read
 */
export async function findHistory(given: string): Promise<HistoryFolder> {
  const { folder, link } = await historyIn(resolve(given));
  const found = link === null ? await markdownFiles(folder) : { fileNames: [], skipped: [link] };
  return { folder, projectName: basename(projectFolder(folder)), ...found };
}

/** Finds the folder of the history, or the link on the way to it, which is not followed. */
async function historyIn(given: string): Promise<{ folder: string; link: Skipped | null }> {
  let folder = given;
  for (const name of basename(given) === ".specstory" ? ["history"] : [".specstory", "history"]) {
    const path = join(folder, name);
    const stats = await lstat(path).catch(() => null);
    if (stats?.isSymbolicLink() === true) {
      return { folder: path, link: { path, reason: "a link, which is not followed: name the folder that it leads to" } };
    }
    if (stats?.isDirectory() !== true) return { folder: given, link: null };
    folder = path;
  }
  return { folder, link: null };
}

/** Returns the folder of the project: `app` for `app/.specstory/history`. */
function projectFolder(history: string): string {
  for (let folder = history; folder !== dirname(folder); folder = dirname(folder)) {
    if (basename(folder) === ".specstory") return dirname(folder);
  }
  return history;
}

/** Lists the files in an order that is the same on every machine, so that the first of several copies is always the same file. */
async function markdownFiles(folder: string): Promise<Pick<HistoryFolder, "fileNames" | "skipped">> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw new CommandError(`${folder} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  });
  const markdown = entries.filter((entry) => !entry.isDirectory() && /\.md$/i.test(entry.name));
  const skipped = markdown.flatMap((entry) => {
    const reason = reasonToSkip(entry);
    return reason === null ? [] : [{ path: join(folder, entry.name), reason }];
  });
  const fileNames = markdown.filter((entry) => entry.isFile()).map((entry) => entry.name);
  return { fileNames: fileNames.sort(), skipped: skipped.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}
