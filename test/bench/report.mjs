import { cpus, totalmem } from "node:os";

/** @typedef {import("./measure.mjs").Figures} Figures */
/**
 * Everything measured on one database.
 * @typedef {object} Measured
 * @property {string} database
 * @property {{ title: string, loaded: Figures, alone: Figures }[]} scenarios
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

/** The figures of one database as Markdown tables. */
export function renderTables(
  /** @type {Measured} */ { database, scenarios, start, memory, nestedRatio, overhead, rest },
  /** @type {number} */ connections,
) {
  return [
    `### ${database}`,
    "",
    row("query", `requests/s (${connections} connections)`, "p50 ms", "p99 ms", "one at a time: p50 ms", "p99 ms"),
    "|---|--:|--:|--:|--:|--:|",
    ...scenarios.map(({ title, loaded, alone }) =>
      row(title, Math.round(loaded.perSecond), ms(loaded.p50Ms), ms(loaded.p99Ms), ms(alone.p50Ms), ms(alone.p99Ms)),
    ),
    "",
    row("figure", "value"),
    "|---|--:|",
    row("start to the first answer, new database", seconds(start.firstMs)),
    row("the same, second start", seconds(start.secondMs)),
    row("the same, with all sessions", seconds(start.filledMs)),
    row("memory of the server, idle, new database", megabytes(memory.emptyBytes)),
    row("the same, with all sessions", megabytes(memory.idleBytes)),
    row("the same, after all of the load", megabytes(memory.afterBytes)),
    row("throughput of 20 projects with 5 sessions, to that of one project with ten", nestedRatio.toFixed(2)),
    row("authentication and limiter, of the throughput of one project", percent(overhead)),
    row("REST: memory growth while 20,000 sessions are listed", megabytes(rest.listBytes)),
    row("REST: memory growth while their sizes are listed", megabytes(rest.sizesBytes)),
    row("REST: storing a session of 10 MB", seconds(rest.largePutMs)),
    row("REST: 50 writers of one session at once", `${seconds(rest.atOnceMs)}, ${rest.refused} refused`),
    "",
  ].join("\n");
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
export function renderMachine(/** @type {string} */ data) {
  const [cpu] = cpus();
  return `${data}. Node ${process.version}, ${cpus().length} × ${cpu?.model ?? "unknown"}, ${Math.round(totalmem() / MEGABYTE / 1024)} GB; the load comes from the same machine.\n`;
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
