import { cpus, totalmem } from "node:os";
import { kindOf } from "./release.mjs";

/** @typedef {import("./measure.mjs").Figures} Figures */
/** @typedef {import("./release.mjs").Release} Release */
/** @typedef {ReturnType<typeof readMachine>} Machine */
/**
 * Everything measured on one database.
 * @typedef {object} Measured
 * @property {string} database
 * @property {{ name: string, title: string, loaded: Figures, alone: Figures }[]} scenarios
 * @property {number} nestedRatio throughput of 20 projects with 5 sessions, to that of one project with ten
 * @property {number} overhead share of the throughput that authentication and limiter cost
 * @property {Awaited<ReturnType<typeof import("./rest.mjs").measureRest>>} rest
 * @property {number} searchP50Ms
 * @property {number} commonSearchP50Ms
 * @property {{ firstMs: number, secondMs: number, filledMs: number }} start
 * @property {{ emptyBytes: number, idleBytes: number, afterBytes: number }} memory
 */

const MEGABYTE = 1_048_576;
const MOST_START_MS = 10_000;
const MOST_SECOND_START_MS = 5_000;
const MOST_IDLE_BYTES = 350 * MEGABYTE;
const MOST_SEARCH_MS = 30;
const LEAST_NESTED_RATIO = 0.5;
const MOST_OVERHEAD = 0.1;
const MOST_LIST_BYTES = 50 * MEGABYTE;
const MOST_PUT_MS = 2_000;

/**
 * The figures of one database as Markdown tables, beside those of the last release where there is one.
 * @param {Measured} measured
 * @param {{ connections: number, release: Release | null }} options
 */
export function renderTables(measured, { connections, release }) {
  const { database, scenarios } = measured;
  const before = release?.databases[kindOf(database)];
  const version = release?.version ?? "the last release";
  const old = before === undefined ? [] : figuresOf(before);
  return [
    `### ${database}`,
    "",
    row("query", `requests/s (${connections} connections)`, `to ${version}`, "p50 ms", "p99 ms", "one at a time: p50 ms", "p99 ms"),
    "|---|--:|--:|--:|--:|--:|--:|",
    ...scenarios.map(({ name, title, loaded, alone }) => {
      const ratio = ratioOf(loaded, before?.scenarios[name]?.loaded);
      return row(title, Math.round(loaded.perSecond), ratio, ms(loaded.p50Ms), ms(loaded.p99Ms), ms(alone.p50Ms), ms(alone.p99Ms));
    }),
    "",
    row("figure", "value", `in ${version}`),
    "|---|--:|--:|",
    ...figuresOf(measured).map(([figure, value], index) => row(figure, value, old[index]?.[1] ?? "–")),
    "",
  ].join("\n");
}

/** The throughput of now as a multiple of the throughput of then. */
function ratioOf(/** @type {Figures} */ now, /** @type {Figures | undefined} */ then) {
  return then === undefined || then.perSecond === 0 ? "–" : `${(now.perSecond / then.perSecond).toFixed(2)} x`;
}

/**
 * Everything but the queries, each with its unit.
 * @param {Pick<Measured, "start" | "memory" | "nestedRatio" | "overhead" | "rest">} figures
 * @returns {[string, string][]}
 */
function figuresOf({ start, memory, nestedRatio, overhead, rest }) {
  return [
    ["start to the first answer, new database", seconds(start.firstMs)],
    ["the same, second start", seconds(start.secondMs)],
    ["the same, with all sessions", seconds(start.filledMs)],
    ["memory of the server, idle, new database", megabytes(memory.emptyBytes)],
    ["the same, with all sessions", megabytes(memory.idleBytes)],
    ["the same, after all of the load", megabytes(memory.afterBytes)],
    ["throughput of 20 projects with 5 sessions, to that of one project with ten", nestedRatio.toFixed(2)],
    ["authentication and limiter, of the throughput of one project", percent(overhead)],
    ["REST: memory growth while 20,000 sessions are listed", megabytes(rest.listBytes)],
    ["REST: memory growth while their sizes are listed", megabytes(rest.sizesBytes)],
    ["REST: storing a session of 10 MB", seconds(rest.largePutMs)],
    ["REST: 50 writers of one session at once", `${seconds(rest.atOnceMs)}, ${rest.refused} refused`],
  ];
}

/** What must be reached, with the figures that show whether it was. */
export function renderRequirements(/** @type {Measured[]} */ all) {
  const lines = all.flatMap(({ database, nestedRatio, overhead, rest, searchP50Ms, commonSearchP50Ms, start, memory }) => [
    requirement(
      database,
      "20 projects with 5 sessions, to one project",
      `≥ ${LEAST_NESTED_RATIO}`,
      nestedRatio.toFixed(2),
      nestedRatio >= LEAST_NESTED_RATIO,
    ),
    requirement(database, "authentication and limiter", `< ${percent(MOST_OVERHEAD)}`, percent(overhead), overhead < MOST_OVERHEAD),
    requirement(
      database,
      "REST: memory growth for a list of 20,000",
      `< ${megabytes(MOST_LIST_BYTES)}`,
      megabytes(rest.listBytes),
      rest.listBytes < MOST_LIST_BYTES,
    ),
    requirement(
      database,
      "REST: the same for their sizes",
      `< ${megabytes(MOST_LIST_BYTES)}`,
      megabytes(rest.sizesBytes),
      rest.sizesBytes < MOST_LIST_BYTES,
    ),
    requirement(database, "REST: storing 10 MB", `< ${seconds(MOST_PUT_MS)}`, seconds(rest.largePutMs), rest.largePutMs < MOST_PUT_MS),
    requirement(
      database,
      "REST: 50 writers of one session",
      "one whole version",
      rest.isWhole ? `${rest.refused} refused` : "torn",
      rest.isWhole && rest.refused === 0,
    ),
    requirement(database, "first start", `< ${seconds(MOST_START_MS)}`, seconds(start.firstMs), start.firstMs < MOST_START_MS),
    requirement(
      database,
      "second start",
      `< ${seconds(MOST_SECOND_START_MS)}`,
      seconds(start.secondMs),
      start.secondMs < MOST_SECOND_START_MS,
    ),
    ...(database.startsWith("PostgreSQL")
      ? [
          requirement(database, "two-word search, p50", `< ${MOST_SEARCH_MS} ms`, `${ms(searchP50Ms)} ms`, searchP50Ms < MOST_SEARCH_MS),
          requirement(
            database,
            "the same for common words",
            `< ${MOST_SEARCH_MS} ms`,
            `${ms(commonSearchP50Ms)} ms`,
            commonSearchP50Ms < MOST_SEARCH_MS,
          ),
        ]
      : [
          requirement(
            database,
            "idle memory",
            `< ${megabytes(MOST_IDLE_BYTES)}`,
            megabytes(memory.idleBytes),
            memory.idleBytes < MOST_IDLE_BYTES,
          ),
        ]),
  ]);
  return ["### Must reach", "", row("database", "what", "asked", "measured", ""), "|---|---|--:|--:|---|", ...lines, ""].join("\n");
}

/** The machine, without which no figure means anything. */
export function readMachine() {
  const [cpu] = cpus();
  const memoryGb = Math.round(totalmem() / MEGABYTE / 1024);
  return { node: process.version, cores: cpus().length, cpu: cpu?.model ?? "unknown", memoryGb };
}

/**
 * What was measured where, and where the figures come from with which it is compared.
 * @param {string} data
 * @param {Machine} machine
 * @param {Release | null} release
 */
export function renderMachine(data, machine, release) {
  const compared =
    release === null
      ? "No figures of an earlier release are kept."
      : `Compared with ${release.version} (${describe(release.machine)}, ${release.connections} connections).`;
  return `${data}. ${describe(machine)}; the load comes from the same machine. ${compared}\n`;
}

function describe(/** @type {Machine} */ { node, cores, cpu, memoryGb }) {
  return `Node ${node}, ${cores} × ${cpu}, ${memoryGb} GB`;
}

function requirement(
  /** @type {string} */ database,
  /** @type {string} */ what,
  /** @type {string} */ asked,
  /** @type {string} */ measured,
  /** @type {boolean} */ isReached,
) {
  return row(database, what, asked, measured, isReached ? "pass" : "**fail**");
}

function row(/** @type {(string | number)[]} */ ...cells) {
  return `| ${cells.join(" | ")} |`;
}

function ms(/** @type {number} */ value) {
  return value.toFixed(value < 10 ? 2 : 1);
}

function seconds(/** @type {number} */ valueMs) {
  return `${(valueMs / 1_000).toFixed(1)} s`;
}

function megabytes(/** @type {number} */ bytes) {
  return `${Math.round(bytes / MEGABYTE)} MB`;
}

function percent(/** @type {number} */ share) {
  return `${(share * 100).toFixed(1)} %`;
}
