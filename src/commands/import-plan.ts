import { join } from "node:path";
import { decodeHistory, deriveSessionId, fingerprintOf, readHistoryHeader, type Fingerprint } from "../features/history/history-file.js";
import { readRegularFile, type SizeLimit } from "./regular-file.js";

/** What is kept of a file between learning what it holds and storing it: never its text. */
export type ScannedFile = { readonly fileName: string; readonly path: string; readonly id: string; readonly fingerprint: Fingerprint };

export type PlannedImport = {
  readonly id: string;
  readonly file: ScannedFile;
  /** Further files with the very same text. */
  readonly copies: number;
};

export const readHistory = async (path: string, limit: SizeLimit): Promise<string> => decodeHistory(await readRegularFile(path, limit));

export async function scanFile(folder: string, fileName: string, limit: SizeLimit): Promise<ScannedFile> {
  const path = join(folder, fileName);
  const text = await readHistory(path, limit);
  return { fileName, path, id: readHistoryHeader(text).id, fingerprint: fingerprintOf(text) };
}

/**
 * Which file becomes which session. Equal texts of one session are one; of differing ones the longest has the id, and
 * each other an id made from it and the file's name, the same one each time.
 */
export function planImport(files: readonly ScannedFile[]): PlannedImport[] {
  return groupBy(files, ({ id }) => id).flatMap((sameId) =>
    groupBy(sameId, ({ fingerprint }) => fingerprint.sha256)
      .sort(([a], [b]) => b.fingerprint.bytes - a.fingerprint.bytes)
      .map(([file, ...copies], position) => ({
        id: position === 0 ? file.id : deriveSessionId(file.id, file.fileName),
        file,
        copies: copies.length,
      })),
  );
}

type Group<T> = [T, ...T[]];

/** The items that have the same key, in the order in which the keys and the items first come. */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Group<T>[] {
  const groups = new Map<string, Group<T>>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return [...groups.values()];
}
