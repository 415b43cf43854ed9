import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { basename, join } from "node:path";
import { isPageSound, PAGE_BYTES } from "./page-checksum.js";
import type { RunStatement } from "./statement-runner.js";
import type { StoredFile, StoredFiles } from "./stored-files.js";

/** Files are checked up to this sum, the smallest first, so that a start takes seconds at most; PostgreSQL checks the others as it reads them. */
const MOST_CHECKED_BYTES = 2_000_000_000;

const PART_PAGES = 131_072;
const READ_BYTES = 128 * PAGE_BYTES;

/**
 * Looks through the files of a database that is open and that nobody uses yet. Without this, PostgreSQL would tell of damage
 * only when it comes upon it, and a table whose file is empty would just have no rows.
 * @returns what is wrong with the first file that is missing or damaged, or null
 */
export function findDamage(folder: string, { relations, files }: StoredFiles, run: RunStatement): string | null {
  const sizes = new Map(files.map(({ path, size }) => [path, size]));
  for (const { name, path, isIndex } of relations) {
    const size = sizes.get(path);
    if (size === undefined) return `${path}, the file of ${name}, is missing`;
    if (isIndex && size === 0) return `${path}, the file of ${name}, is empty`;
    if (isIndex && isFirstPageEmpty(join(folder, path))) return `page 0 of ${path} is damaged`;
    if (size === 0 && !isEmpty(name, run)) return `${path}, the file of ${name}, is empty`;
  }
  const known = new Set(relations.map(({ path }) => path));
  if (hasLostTables(files, known, run)) return "its tables cannot be found";
  return run("SHOW data_checksums")[0]?.[0] === "on"
    ? findDamagedPage(
        folder,
        files.filter(({ first }) => known.has(first)),
      )
    : null;
}

/** Every index describes itself in its first page. In a table an empty page is one that was not used yet. */
function isFirstPageEmpty(path: string): boolean {
  const page = new Uint8Array(PAGE_BYTES);
  const file = openSync(path, "r");
  try {
    readSync(file, page, 0, PAGE_BYTES, 0);
  } finally {
    closeSync(file);
  }
  return page.every((byte) => byte === 0);
}

/** Asks an index whether there are rows. It leads to pages that do not exist if the file of the table lost them. */
function isEmpty(table: string, run: RunStatement): boolean {
  const [[column] = []] =
    run(`SELECT quote_ident(a.attname) FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
    WHERE i.indrelid = '${table}'::regclass AND i.indisprimary`);
  if (column === undefined || column === null) return true;
  try {
    run("SET enable_seqscan = off");
    run(`SELECT ${column} FROM ${table} ORDER BY ${column} LIMIT 1`);
    return true;
  } catch {
    return false; // PostgreSQL could not read the page to which the index leads
  } finally {
    run("RESET enable_seqscan");
  }
}

function findDamagedPage(folder: string, stored: readonly StoredFile[]): string | null {
  const files = stored
    .filter(({ isMain }) => isMain) // PostgreSQL makes the others anew where they are damaged
    .sort((one, other) => one.size - other.size);
  let checked = 0;
  for (const { path, size, part } of files) {
    checked += size;
    if (checked > MOST_CHECKED_BYTES) return null;
    const page = firstDamagedPage(join(folder, path), part);
    if (page !== null) return `page ${page} of ${path} is damaged`;
  }
  return null;
}

/** @param part the number of the file among those of its table, of which each has 131,072 pages */
function firstDamagedPage(path: string, part: number): number | null {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const buffer = new ArrayBuffer(READ_BYTES);
    for (let at = 0; at < size; at += READ_BYTES) {
      const length = readSync(file, new Uint8Array(buffer), 0, READ_BYTES, at);
      for (let begin = 0; begin < length; begin += PAGE_BYTES) {
        const block = part * PART_PAGES + (at + begin) / PAGE_BYTES;
        if (length - begin < PAGE_BYTES || !isPageSound(new Uint32Array(buffer, begin, PAGE_BYTES / 4), block)) return block;
      }
    }
    return null;
  } finally {
    closeSync(file);
  }
}

/** The number of the first table that is not PostgreSQL's own. */
const FIRST_NUMBER = 16_384;

/**
 * Tells whether the tables are there that every database of the server has. Where the record of transactions (pg_xact) was
 * lost, PostgreSQL takes what was stored for undone: it would show an empty database over the files of the old one.
 */
function hasLostTables(files: readonly StoredFile[], known: ReadonlySet<string>, run: RunStatement): boolean {
  const [[bookkeeping] = []] = run(`SELECT to_regclass('"_prisma_migrations"')`);
  if (bookkeeping != null && run(`SELECT 1 FROM "_prisma_migrations" LIMIT 1`).length > 0) return false;
  return files.some(({ first }) => !known.has(first) && Number(basename(first)) >= FIRST_NUMBER);
}
