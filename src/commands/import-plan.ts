import { join } from "node:path";
import { decodeHistory, deriveSessionId, fingerprintOf, readHistoryHeader, type Fingerprint } from "../features/history/history-file.js";
import { readRegularFile, type SizeLimit } from "./regular-file.js";

/** Describes a file between scanning and storing it, without its text: the texts of all files would not fit into memory. */
export type ScannedFile = { readonly fileName: string; readonly path: string; readonly id: string; readonly fingerprint: Fingerprint };

export type PlannedImport = {
  readonly id: string;
  readonly file: ScannedFile;
  /** The number of further files with an equal text. */
  readonly copies: number;
};

export const readHistory = async (path: string, limit: SizeLimit): Promise<string> => decodeHistory(await readRegularFile(path, limit));

export async function scanFile(folder: string, fileName: string, limit: SizeLimit): Promise<ScannedFile> {
  const path = join(folder, fileName);
  const text = await readHistory(path, limit);
  return { fileName, path, id: readHistoryHeader(text).id, fingerprint: fingerprintOf(text) };
}

/**
 * Decides which file becomes which session. Files with one id and equal texts become one session. Of different texts the
 * longest gets the id. Each other gets an id that is derived from it and the file's name, so that a second import agrees.
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

/** Groups items by their key. Groups and items keep the order in which they first occur. */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Group<T>[] {
  const groups = new Map<string, Group<T>>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return [...groups.values()];
}
