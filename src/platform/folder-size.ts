import { lstat, opendir } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "./error-code.js";

/** The bytes of all files in a folder and below it. Links are not followed. A file that goes meanwhile counts for nothing. */
export async function folderSize(folder: string): Promise<number> {
  let bytes = 0;
  for await (const entry of await opendir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await folderSize(path).catch(ignoreMissing);
    if (entry.isFile()) bytes += (await lstat(path).catch(() => null))?.size ?? 0;
  }
  return bytes;
}

function ignoreMissing(error: unknown): number {
  if (codeOf(error) === "ENOENT") return 0;
  throw error;
}
