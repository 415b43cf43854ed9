import { setTimeout as delay } from "node:timers/promises";
import { PROJECTS, SESSIONS } from "./data.mjs";
import { createFolder, createPostgresDatabase } from "./databases.mjs";
import { createExpectations } from "./expectations.mjs";
import { fill } from "./fill.mjs";
import { checkAnswers, compare, measure } from "./measure.mjs";
import { readLastRelease, recordRelease } from "./release.mjs";
import { readMachine, renderMachine, renderRequirements, renderTables } from "./report.mjs";
import { createRestScenarios, gatherSessions, measureRest } from "./rest.mjs";
import { createScenarios } from "./scenarios.mjs";
import { killServers, startServer } from "./server-process.mjs";

// `npm run bench` measures the embedded database; with DATABASE_URL (of a server on which databases may be made)
// PostgreSQL too. BENCH_SECONDS is how long each query is loaded, BENCH_CONNECTIONS by how many clients at once.
// BENCH_RECORD=docs/benchmarks/VERSION.json keeps the figures as those of a release; the report compares with the newest.

const seconds = Number(process.env.BENCH_SECONDS || 5);
const connections = Number(process.env.BENCH_CONNECTIONS || 10);
const ROUNDS = 11;
const SETTLE_MS = 2_000;

/** @typedef {import("./databases.mjs").BenchDatabase} BenchDatabase */

const note = (/** @type {string} */ text) => console.error(text);

/** Everything that is measured on one database. */
async function bench(/** @type {BenchDatabase} */ { name, location }) {
  note(`${name}: starting on nothing, and again`);
  const first = await startAndStop(location);
  const second = await startAndStop(location);

  note(`${name}: storing ${SESSIONS} sessions`);
  const expectations = createExpectations();
  await fill(location, expectations.add);
  const expected = expectations.finish();
  const scenarios = createScenarios(expected);

  const server = await startServer(location);
  await delay(SETTLE_MS);
  const idleBytes = await server.memoryBytes();
  const figures = [];
  for (const [short, scenario] of Object.entries({ ...scenarios, ...createRestScenarios(expected) })) {
    note(`${name}: ${scenario.title}`);
    await checkAnswers(server.url, scenario);
    const loaded = await measure(server.url, scenario, { connections, seconds });
    const alone = await measure(server.url, scenario, { connections: 1, seconds });
    figures.push({ name: short, title: scenario.title, loaded, alone, scenario });
  }
  note(`${name}: comparing`);
  const load = { connections, seconds: Math.max(1, seconds / 4), rounds: ROUNDS };
  const { project, nested, search, commonSearch } = scenarios;
  const nestedRatio = await compare({ url: server.url, scenario: nested }, { url: server.url, scenario: project }, load);
  const afterBytes = await server.memoryBytes();
  await server.stop();

  const both = await startServer(location, "test/bench/overhead-server.mjs");
  const [whole = "", open = ""] = both.urls;
  await checkAnswers(open, project);
  const share = await compare({ url: whole, scenario: project }, { url: open, scenario: project }, load);
  await both.stop();

  note(`${name}: long lists and large sessions over REST`);
  const projectId = await gatherSessions(location);
  const gathered = await startServer(location);
  const rest = await measureRest(gathered, projectId);
  await gathered.stop();

  const aloneP50 = (/** @type {unknown} */ wanted) => figures.find(({ scenario }) => scenario === wanted)?.alone.p50Ms ?? NaN;
  return {
    database: name,
    scenarios: figures,
    nestedRatio,
    overhead: 1 - share,
    rest,
    searchP50Ms: aloneP50(search),
    commonSearchP50Ms: aloneP50(commonSearch),
    start: { firstMs: first.startMs, secondMs: second.startMs, filledMs: server.startMs },
    memory: { emptyBytes: second.memoryBytes, idleBytes, afterBytes },
  };
}

async function startAndStop(/** @type {import("./server-process.mjs").DatabaseLocation} */ location) {
  const server = await startServer(location);
  await delay(SETTLE_MS);
  const memoryBytes = await server.memoryBytes();
  await server.stop();
  return { startMs: server.startMs, memoryBytes };
}

/** The databases to remove in the end, whatever happens. @type {BenchDatabase[]} */
const made = [];

async function cleanUp() {
  killServers();
  for (const database of made.splice(0)) await database.remove();
}

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void cleanUp().finally(() => process.exit(1)));

try {
  const results = [];
  const { DATABASE_URL } = process.env;
  for (const create of [createFolder, ...(DATABASE_URL ? [() => createPostgresDatabase(DATABASE_URL)] : [])]) {
    const database = await create();
    made.push(database);
    results.push(await bench(database));
    await cleanUp();
  }
  const machine = readMachine();
  const recordPath = process.env.BENCH_RECORD || undefined;
  const release = readLastRelease(recordPath);
  console.log(renderMachine(`${PROJECTS} projects, ${SESSIONS} sessions of 10 KB`, machine, release));
  for (const result of results) console.log(renderTables(result, { connections, release }));
  console.log(renderRequirements(results));
  if (recordPath !== undefined) recordRelease(recordPath, results, { machine, connections });
} finally {
  await cleanUp();
}
