import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

const FOLDER = "docs/benchmarks";

/** @typedef {import("./measure.mjs").Figures} Figures */
/** @typedef {import("./report.mjs").Measured} Measured */
/** @typedef {import("./report.mjs").Machine} Machine */
/**
 * What is kept of one database: the figures of each scenario by its short name, and the other figures of the report.
 * @typedef {Pick<Measured, "nestedRatio" | "overhead" | "rest" | "start" | "memory"> & { scenarios: Record<string, { loaded: Figures, alone: Figures }> }} KeptFigures
 */
/**
 * The figures of a release, by the kind of database ("PGlite", "PostgreSQL").
 * @typedef {{ version: string, machine: Machine, connections: number, databases: Record<string, KeptFigures> }} Release
 */

/** The same for every major version of PostgreSQL. */
export const kindOf = (/** @type {string} */ database) => database.split(" ", 1)[0] ?? database;

/**
 * The newest release whose figures are kept, but for the file that is to be written; null where there is none.
 * @param {string | undefined} recordPath
 * @returns {Release | null}
 */
export function readLastRelease(recordPath) {
  const written = recordPath === undefined ? "" : basename(recordPath);
  const names = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith(".json") && name !== written) : [];
  const newest = names.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1);
  return newest === undefined ? null : JSON.parse(readFileSync(join(FOLDER, newest), "utf8"));
}

/**
 * Keeps the figures of a run as those of a release; the name of the file is its version.
 * @param {string} path
 * @param {Measured[]} results
 * @param {{ machine: Machine, connections: number }} facts
 */
export function recordRelease(path, results, facts) {
  const databases = results.map(({ database, scenarios, nestedRatio, overhead, rest, start, memory }) => {
    const kept = scenarios.map(({ name, loaded, alone }) => [name, { loaded, alone }]);
    return [kindOf(database), { scenarios: Object.fromEntries(kept), nestedRatio, overhead, rest, start, memory }];
  });
  const release = { version: basename(path, ".json"), ...facts, databases: Object.fromEntries(databases) };
  writeFileSync(path, `${JSON.stringify(release, roundNumbers, 2)}\n`);
}

/** Three decimals are more than the measurement has. */
function roundNumbers(/** @type {string} */ _key, /** @type {unknown} */ value) {
  return typeof value === "number" ? Math.round(value * 1_000) / 1_000 : value;
}
