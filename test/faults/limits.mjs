import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { ask, killServers, startServer } from "../bench/server-process.mjs";
import { attemptOperation, isReady, isWhole, tally } from "./attempt.mjs";
import { onCleanUp } from "./clean-up.mjs";
import { timeUntil, within } from "./deadline.mjs";
import { createPostgresServer } from "./postgres-server.mjs";
import { createRedisServer } from "./redis-server.mjs";
import { atLeast, atMost, exactly, told } from "./report.mjs";
import { isQuick, scaled } from "./scale.mjs";
import { createServerLog } from "./server-log.mjs";

const PROCESSES = 4;
const LIMIT = scaled(500, 100);
const AT_ONCE = 4 * LIMIT;
/** The share of a limit that is sent before Redis is lost. */
const BEFORE = 0.8;
const BACK_MS = 3_000;
const START_MS = 60_000;
const LOST_MS = 1_500;
/** What comes at once may wait: only the limit is to reject. */
const PATIENT = { MAX_QUEUE_MS: "60000" };

/** @typedef {import("../bench/server-process.mjs").ServerProcess} ServerProcess */
/** @typedef {import("./attempt.mjs").Outcome} Outcome */
/** @typedef {Awaited<ReturnType<typeof createRedisServer>>} Redis */

/**
 * What each rule must keep to while Redis is lost: how many may pass, beside which rejections, and how many operations are
 * sent meanwhile, which is more than may pass.
 */
const RULES = [
  { rule: "closed", most: LIMIT, rejections: ["RATE_LIMITED", "SERVICE_UNAVAILABLE"], meanwhile: 2.4 * LIMIT },
  { rule: "local", most: LIMIT + PROCESSES * LIMIT, rejections: ["RATE_LIMITED"], meanwhile: 6.4 * LIMIT },
  { rule: "open", most: Infinity, rejections: ["RATE_LIMITED"], meanwhile: 2.4 * LIMIT },
];

/** Several processes share the limit of one key, exactly, and keep to the rule of the settings while Redis is restarted. */
export default async function* limits() {
  onCleanUp(killServers);
  const postgres = await createPostgresServer();
  await postgres.command("CREATE DATABASE limits");
  const redis = await createRedisServer();
  // In short without the rule that promises nothing.
  for (const rule of RULES.filter(({ most }) => !isQuick || Number.isFinite(most))) {
    const log = createServerLog();
    const settings = { REDIS_URL: redis.url, RATE_LIMIT_FAIL: rule.rule, RATE_LIMIT_GRAPHQL: `${LIMIT}/1h`, ...PATIENT };
    const location = { databaseUrl: postgres.urlOf("limits"), dataDir: "unused" };
    const starting = Array.from({ length: PROCESSES }, () => startServer(location, undefined, { settings, onLog: log.onLog }));
    const servers = await within(Promise.all(starting), START_MS, "The start of the servers");
    if (rule === RULES[0]) yield { title: `${AT_ONCE} operations at once`, figures: await countAtOnce(servers) };
    yield { title: `Redis is restarted, RATE_LIMIT_FAIL=${rule.rule}`, figures: await loseRedis(servers, redis, rule, log) };
    log.show();
    await Promise.all(servers.map(({ stop }) => stop()));
  }
}

async function countAtOnce(/** @type {ServerProcess[]} */ servers) {
  const outcomes = await Promise.all(fire(servers, await makeKey(servers), AT_ONCE));
  const { passed, rejected, others } = sort(outcomes, ["RATE_LIMITED"]);
  return [
    exactly("operations that passed", passed, LIMIT),
    exactly("operations that were RATE_LIMITED", rejected, AT_ONCE - LIMIT),
    { ...exactly("anything else", others.length, 0), seen: tally(others.map(describe)) },
  ];
}

/**
 * Three bursts: Redis is killed in the middle of the first and comes back in the middle of the third.
 *
 * @param {ServerProcess[]} servers
 * @param {Redis} redis
 * @param {typeof RULES[number]} rule
 * @param {ReturnType<typeof createServerLog>} log
 */
async function loseRedis(servers, redis, { rule, most, rejections, meanwhile }, log) {
  const key = await makeKey(servers);
  const first = fire(servers, key, BEFORE * LIMIT);
  await middleOf(first);
  await redis.kill();
  const second = fire(servers, key, meanwhile);
  await delay(LOST_MS);
  const readyWithout = (await Promise.all(servers.map(({ url }) => isReady(url)))).filter(Boolean).length;
  await Promise.all(second);
  const third = fire(servers, key, LIMIT);
  await redis.start();
  const readyMs = await Promise.all(servers.map(({ url }) => timeUntil(() => isWhole(url), 4 * BACK_MS)));
  await Promise.all(third);
  const last = fire(servers, key, LIMIT);

  const outcomes = await Promise.all([...first, ...second, ...third, ...last]);
  const { passed, others } = sort(outcomes, rejections);
  const rejected = outcomes.filter(({ status, codes }) => status !== 200 || codes.length > 0).map(describe);
  return [
    told("operations", outcomes.length),
    most === Infinity ? told("operations that passed", passed) : atMost("operations that passed", passed, most),
    atLeast("the same, with all that Redis had to give", passed, LIMIT - first.length),
    told("rejections", tally(rejected)),
    { ...exactly("answers that the rule does not have", others.length, 0), seen: tally(others.map(describe)) },
    exactly("processes that call themselves ready without Redis", readyWithout, rule === "closed" ? 0 : PROCESSES),
    atMost("until all are ready again, and miss nothing", Math.max(...readyMs) / 1_000, BACK_MS / 1_000, " s"),
    exactly("internal errors in the log", log.failures().length, 0),
  ];
}

/** Makes a new key for each count, so that no count begins with a used budget. */
async function makeKey(/** @type {ServerProcess[]} */ [server]) {
  assert(server !== undefined);
  const query = 'mutation { createApiKey(input: { name: "limits", scopes: [PROJECTS_READ] }) { key } }';
  return (await ask(server.url, { query })).data.createApiKey.key;
}

/** Operations of one key, sent at once to the processes in turn. */
function fire(/** @type {ServerProcess[]} */ servers, /** @type {string} */ key, /** @type {number} */ count) {
  // A connection that idles until the server closes it can be used for one more request, which is then lost: not here.
  const headers = { authorization: `Bearer ${key}`, connection: "close" };
  return Array.from({ length: count }, (_, index) =>
    attemptOperation(servers[index % servers.length]?.url ?? "", { query: "{ viewer { id } }" }, headers),
  );
}

/** @returns {Promise<void>} resolves when half of them are answered */
function middleOf(/** @type {Promise<Outcome>[]} */ attempts) {
  return new Promise((resolve) => {
    let answered = 0;
    for (const one of attempts) void one.then(() => ((answered += 1) * 2 >= attempts.length ? resolve() : undefined));
  });
}

function sort(/** @type {Outcome[]} */ outcomes, /** @type {string[]} */ rejections) {
  const passed = outcomes.filter(({ status, codes }) => status === 200 && codes.length === 0).length;
  const failed = outcomes.filter(({ status, codes }) => status !== 200 || codes.length > 0);
  const others = failed.filter(({ status, codes }) => ![429, 503].includes(status) || !codes.every((code) => rejections.includes(code)));
  return { passed, rejected: failed.length - others.length, others };
}

function describe(/** @type {Outcome} */ { status, codes, body }) {
  return `${status} ${codes.join("+")}${status === 0 ? ` ${body}` : ""}`;
}
