import { setTimeout as delay } from "node:timers/promises";
import { createRandom } from "../bench/data.mjs";
import { killServers, startServer } from "../bench/server-process.mjs";
import { isGood, isReady, tally } from "./attempt.mjs";
import { onCleanUp } from "./clean-up.mjs";
import { timeUntil, within } from "./deadline.mjs";
import { mountSmallDisk } from "./full-disk.mjs";
import { createLedger } from "./ledger.mjs";
import { createPostgresServer } from "./postgres-server.mjs";
import { atMost, exactly, told } from "./report.mjs";
import { isQuick, scaled, seed } from "./scale.mjs";
import { createServerLog } from "./server-log.mjs";
import { createSteadyLoad } from "./steady-load.mjs";
import { verify } from "./verify.mjs";

const DEADLINE_MS = 5_000;
/** How much later than its deadline an answer may reach a client that shares the machine with the server. */
const GRACE_MS = 500;
const BACK_MS = 3_000;
const START_MS = 60_000;
const BEFORE_MS = scaled(3_000, 1_000);
const LOST_MS = scaled(5_000, 2_000);
const RESTARTS = scaled(20, 3);
/** @type {("immediate" | "fast")[]} */
const MODES = isQuick ? ["immediate"] : ["immediate", "fast"]; // the restarts do both
const BETWEEN_MS = 800;
const LARGEST = 100_000;
const SETTINGS = { OPERATION_TIMEOUT_MS: String(DEADLINE_MS), DATABASE_TIMEOUT_MS: String(DEADLINE_MS) };

const UNREACHABLE = ["SERVICE_UNAVAILABLE", "BAD_GATEWAY", "GATEWAY_TIMEOUT"];

/** @typedef {import("./postgres-server.mjs").PostgresServer} PostgresServer */
/** @typedef {import("./steady-load.mjs").Done} Done */
/**
 * Something that befalls the database: how it begins and ends, what requests may be told meanwhile, and whether reads
 * must go on as if nothing were.
 * @typedef {{ title: string, begin: () => Promise<unknown>, end: () => Promise<unknown>, rejections: string[], readsGoOn: boolean, database: string }} Trouble
 */

/** Takes the database away from under a loaded server in several ways, and gives it back. */
export default async function* postgresStop() {
  onCleanUp(killServers);
  const postgres = await createPostgresServer();
  await postgres.command("CREATE DATABASE faults");
  for (const trouble of usualTroubles(postgres)) yield { title: trouble.title, figures: await suffer(postgres, trouble) };

  const disk = await mountSmallDisk(postgres);
  if (typeof disk === "string") return yield { title: "the disk is full", figures: [told(`skipped: ${disk}`, "")] };
  await postgres.command(`CREATE TABLESPACE small LOCATION '${disk.folder}'`, "CREATE DATABASE small TABLESPACE small");
  const full = { title: "the disk is full", begin: disk.fill, end: disk.free, rejections: ["SERVICE_UNAVAILABLE"], readsGoOn: true };
  yield { title: full.title, figures: await suffer(postgres, { ...full, database: "small" }) };
}

/** @returns {Trouble[]} */
function usualTroubles(/** @type {PostgresServer} */ postgres) {
  const reload = "SELECT pg_reload_conf()";
  return [
    ...MODES.map((mode) => ({
      title: `PostgreSQL is stopped (${mode}) for ${LOST_MS / 1_000} s`,
      begin: () => postgres.stop(mode),
      end: postgres.start,
      rejections: UNREACHABLE,
      readsGoOn: false,
      database: "faults",
    })),
    {
      // Connections break in every state they can be in, some of which one stop in a hundred meets.
      title: `PostgreSQL is restarted ${RESTARTS} times`,
      begin: () => restartAgainAndAgain(postgres),
      end: () => Promise.resolve(),
      rejections: UNREACHABLE,
      readsGoOn: false,
      database: "faults",
    },
    {
      title: "PostgreSQL is read-only",
      begin: () => postgres.command("ALTER SYSTEM SET default_transaction_read_only = on", reload),
      end: () => postgres.command("ALTER SYSTEM RESET default_transaction_read_only", reload),
      rejections: ["SERVICE_UNAVAILABLE"],
      readsGoOn: true,
      database: "faults",
    },
  ];
}

async function restartAgainAndAgain(/** @type {PostgresServer} */ postgres) {
  for (let time = 0; time < RESTARTS; time += 1) {
    await postgres.stop(time % 2 === 0 ? "fast" : "immediate");
    await postgres.start();
    await delay(BETWEEN_MS);
  }
}

/** @returns {Promise<import("./report.mjs").Figure[]>} */
async function suffer(/** @type {PostgresServer} */ postgres, /** @type {Trouble} */ trouble) {
  const log = createServerLog();
  const ledger = createLedger({ random: createRandom(seed), largest: LARGEST });
  const location = { databaseUrl: postgres.urlOf(trouble.database), dataDir: "unused" };
  const server = await within(startServer(location, undefined, { settings: SETTINGS, onLog: log.onLog }), START_MS, "The start");
  const load = createSteadyLoad({ url: server.url, ledger, random: createRandom(seed + 1) });

  await load.begin();
  await delay(BEFORE_MS);
  load.enter("trouble");
  await trouble.begin();
  load.enter("lost"); // only from here on all requests meet it
  await delay(LOST_MS);
  load.enter("returning");
  await trouble.end();
  const readyMs = await timeUntil(() => isReady(server.url), 4 * BACK_MS);
  await delay(Math.max(0, BACK_MS - readyMs));
  load.enter("after");
  await delay(BEFORE_MS);
  const done = await load.end();

  const found = await verify(server.url, ledger);
  await server.stop();
  log.show();
  return [
    ...judgeAnswers(done, trouble),
    atMost("until it calls itself ready again", readyMs / 1_000, BACK_MS / 1_000, " s"),
    told("writes that were acknowledged", ledger.acknowledged()),
    exactly("of these lost or in halves", found.lost + found.half, 0),
    exactly("projects that count their sessions wrongly", found.miscounted, 0),
    exactly("internal errors in the log", log.failures().length, 0),
  ];
}

function judgeAnswers(/** @type {Done[]} */ done, /** @type {Trouble} */ { rejections, readsGoOn }) {
  const usual = done.filter(({ sentIn, answeredIn }) => answeredIn === "before" || sentIn === "after");
  const lost = done.filter(({ sentIn }) => sentIn === "lost");
  const bad = (/** @type {Done[]} */ some) => some.filter(({ outcome }) => !isGood(outcome));
  const [reads, writes] = ["read", "write"].map((kind) => lost.filter((one) => one.kind === kind));
  const wrong = bad(done).filter(({ outcome: { codes, status } }) => status === 0 || !codes.every((code) => rejections.includes(code)));
  const slowest = Math.max(...done.map(({ outcome }) => outcome.tookMs));
  return [
    told("requests", `${done.length}, of these ${lost.length} meanwhile`),
    told("rejections", tally(bad(done).map(describe))),
    told("reads and writes that succeeded meanwhile", `${reads.length - bad(reads).length}, ${writes.length - bad(writes).length}`),
    ...(readsGoOn
      ? [named("reads that failed meanwhile", bad(reads)), isRejected("writes that were rejected meanwhile", bad(writes).length)]
      : []),
    named("answers that it does not excuse", wrong),
    named(`failures before, and later than ${BACK_MS / 1_000} s after the return`, bad(usual)),
    atMost("the slowest answer", slowest / 1_000, (DEADLINE_MS + GRACE_MS) / 1_000, " s"),
  ];
}

/** None is wanted, and what there is should be seen. */
function named(/** @type {string} */ what, /** @type {Done[]} */ failed) {
  return { ...exactly(what, failed.length, 0), seen: tally(failed.map(describe)) };
}

/** If none was, the trouble was none, and nothing is proved. */
function isRejected(/** @type {string} */ what, /** @type {number} */ seen) {
  return { what, seen, required: "some", ok: seen > 0 };
}

function describe(/** @type {Done} */ { kind, sentIn, outcome: { status, codes, body } }) {
  return `${kind} ${sentIn} ${status} ${codes.join("+")}${status === 0 ? ` ${body}` : ""}`;
}
