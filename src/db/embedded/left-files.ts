import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freeBytesSync } from "../../platform/disk-space.js";
import { RESERVE_BYTES } from "./disk-reserve.js";
import type { StoredFiles } from "./stored-files.js";

/** The name of the list of files in the folder. PostgreSQL ignores it. */
const LIST = "backstory.files";

/**
 * Removes the files that were left behind if PostgreSQL was killed while it wrote a table anew, and lists those that are there,
 * so that the next start knows what came after them. Nothing may be going on in the database.
 */
export function removeLeftFiles(folder: string, { relations, files }: StoredFiles): void {
  const list = join(folder, LIST);
  if (existsSync(list)) {
    const kept = new Set([...relations.map(({ path }) => path), ...readFileSync(list, "utf8").split("\n")]);
    for (const { path, first } of files) {
      if (!kept.has(first)) rmSync(join(folder, path), { force: true });
    }
  }
  if (freeBytesSync(folder) > RESERVE_BYTES) writeFileSync(list, files.map(({ first }) => first).join("\n"), { mode: 0o600 });
}

/** Says that the database was closed, after which no file is left behind. */
export function forgetFiles(folder: string): void {
  rmSync(join(folder, LIST), { force: true });
}
