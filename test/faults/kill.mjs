import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { createRandom } from "../bench/data.mjs";
import { createFolder } from "../bench/databases.mjs";
import { killServers, startServer } from "../bench/server-process.mjs";
import { onCleanUp } from "./clean-up.mjs";
import { within } from "./deadline.mjs";
import { createLedger } from "./ledger.mjs";
import { createPostgresServer } from "./postgres-server.mjs";
import { atMost, exactly, told } from "./report.mjs";
import { scaled, seed } from "./scale.mjs";
import { createServerLog } from "./server-log.mjs";
import { verify } from "./verify.mjs";

const ROUNDS = scaled(20, 2);
const WRITERS = 6;
const LARGEST = 1_000_000;
const LEAST_MS = 200;
const MOST_MS = scaled(3_000, 1_200);
const START_MS = 60_000;

/** @typedef {import("../bench/server-process.mjs").DatabaseLocation} DatabaseLocation */

/** Kills a server again and again while clients write to it: what it has acknowledged is there, and nothing is in halves. */
export default async function* kill() {
  onCleanUp(killServers);
  const folder = await createFolder();
  onCleanUp(folder.remove);
  yield { title: `${ROUNDS} rounds on ${folder.name}`, figures: await killAgainAndAgain(folder.location) };
  const postgres = await createPostgresServer();
  await postgres.command("CREATE DATABASE kill");
  const location = { databaseUrl: postgres.urlOf("kill"), dataDir: "unused" };
  yield { title: `${ROUNDS} rounds on PostgreSQL`, figures: await killAgainAndAgain(location) };
}

async function killAgainAndAgain(/** @type {DatabaseLocation} */ location) {
  const random = createRandom(seed);
  const log = createServerLog();
  const ledger = createLedger({ random, largest: LARGEST });
  const writers = Array.from({ length: WRITERS }, (_, index) => ledger.createWriter(`project-${index % 2}`));
  const start = () => within(startServer(location, undefined, { onLog: log.onLog }), START_MS, "A start");
  const bad = { lost: 0, half: 0, miscounted: 0 };
  /** @type {number[]} */
  const starts = [];

  await killWhileStarting(location, random() * MOST_MS);
  for (let round = 0; round <= ROUNDS; round += 1) {
    const server = await start();
    starts.push(server.startMs);
    const found = await verify(server.url, ledger);
    for (const kind of /** @type {const} */ (["lost", "half", "miscounted"])) bad[kind] += found[kind];
    if (round < ROUNDS) await writeUntilKilled(server, writers, LEAST_MS + random() * (MOST_MS - LEAST_MS));
    else await server.stop();
  }
  log.show();
  const sent = ledger.entries().reduce((sum, entry) => sum + entry.sent, 0);
  return [
    exactly("starts after a kill that succeeded", starts.length, ROUNDS + 1),
    atMost("the slowest of them", Math.max(...starts) / 1_000, START_MS / 1_000, " s"),
    told("writes that were sent", sent),
    atLeastOne("writes that were acknowledged", ledger.acknowledged()),
    exactly("acknowledged writes that are lost", bad.lost, 0),
    exactly("sessions in halves", bad.half, 0),
    exactly("projects that count their sessions wrongly", bad.miscounted, 0),
    exactly("internal errors in the log", log.failures().length, 0),
  ];
}

/** Without one nothing would be proved. */
function atLeastOne(/** @type {string} */ what, /** @type {number} */ seen) {
  return { what, seen, required: "some", ok: seen > 0 };
}

/** The first start makes the database, so that it is the one that a kill can harm most. */
async function killWhileStarting(/** @type {DatabaseLocation} */ location, /** @type {number} */ afterMs) {
  const starting = startServer(location, undefined, { onLog: () => undefined });
  starting.catch(() => undefined); // that it comes to nothing is what is wanted
  await delay(afterMs);
  killServers();
  await within(
    starting.then(stop, () => undefined),
    START_MS,
    "The end of a killed process",
  );
}

/** Where the process was ready already, its end was not waited for yet. */
async function stop(/** @type {import("../bench/server-process.mjs").ServerProcess} */ server) {
  await server.kill();
}

/**
 * @param {import("../bench/server-process.mjs").ServerProcess} server
 * @param {((url: string) => Promise<import("./attempt.mjs").Outcome>)[]} writers
 * @param {number} afterMs
 */
async function writeUntilKilled(server, writers, afterMs) {
  const endsAt = performance.now() + afterMs;
  const writing = writers.map(async (write) => {
    // Until the server is gone, which no clock of ours could tell as exactly as a refused connection.
    for (let status = 200; status !== 0;) ({ status } = await write(server.url));
  });
  await delay(endsAt - performance.now());
  await server.kill();
  await Promise.all(writing);
}
