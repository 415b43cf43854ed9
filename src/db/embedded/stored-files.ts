import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { RunStatement } from "./statement-runner.js";

/** A table, an index or a sequence, with the path of its first file in the folder. */
export type Relation = { readonly name: string; readonly path: string; readonly isIndex: boolean };

/** Reads which files the catalogue knows of. Views and the like have none. */
const RELATIONS = `SELECT c.oid::regclass, pg_relation_filepath(c.oid), c.relkind = 'i' FROM pg_class c
  WHERE c.relkind IN ('r', 'i', 'S', 't', 'm') AND pg_relation_filepath(c.oid) IS NOT NULL`;

function readRelations(run: RunStatement): Relation[] {
  return run(RELATIONS).map(([name, path, isIndex]) => ({ name: name ?? "", path: path ?? "", isIndex: isIndex === "t" }));
}

/** A file of a table or index: its number, what it is for, the number of the part; each part but the last has 1 GB. */
const FILE = /^(\d+)(_fsm|_vm|_init)?(?:\.(\d+))?$/;

export type StoredFile = {
  readonly path: string;
  /** The path of the first file of the same table or index. */
  readonly first: string;
  readonly part: number;
  readonly isMain: boolean;
  readonly size: number;
};

/** Lists the files that belong to tables and indexes of the catalogue, or to none. */
function listFiles(folder: string, relations: readonly Relation[]): StoredFile[] {
  const folders = [...new Set(relations.map(({ path }) => dirname(path)))];
  return folders.flatMap((within) =>
    readdirSync(join(folder, within)).flatMap((name) => {
      const [, number, fork, part = "0"] = FILE.exec(name) ?? [];
      if (number === undefined) return [];
      const path = `${within}/${name}`;
      const { size } = statSync(join(folder, path));
      return [{ path, first: `${within}/${number}`, part: Number(part), isMain: fork === undefined, size }];
    }),
  );
}

/** What the catalogue knows of, and the files that are there. */
export type StoredFiles = { readonly relations: readonly Relation[]; readonly files: readonly StoredFile[] };

export function readStoredFiles(folder: string, run: RunStatement): StoredFiles {
  const relations = readRelations(run);
  return { relations, files: listFiles(folder, relations) };
}
