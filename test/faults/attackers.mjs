import { fork } from "node:child_process";
import { once } from "node:events";
import { setPriority } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ask } from "../bench/server-process.mjs";
import { attemptOperation, isGood } from "./attempt.mjs";
import { onCleanUp } from "./clean-up.mjs";
import { quantile } from "./load.mjs";
import { eachDatabase } from "./load-databases.mjs";
import { atMost, exactly, told } from "./report.mjs";
import { scaled } from "./scale.mjs";

const SECONDS = scaled(600, 45);
const PROBE_MS = 100;
const MOST_MS = 500;
const MOST_MEMORY_MB = 1_000;
const ATTACKERS = ["searcher", "uploader", "reader"];
const VICTIM = "victim";
/** The attackers' process gives way to the server, as if it were another machine. */
const LOWER_PRIORITY = 10;

/** @typedef {import("./load-databases.mjs").LoadedServer} LoadedServer */

/** Three keys and callers without one do all that a server has to endure, while a fourth key asks for little: it is answered in time. */
export default async function* attackers() {
  for await (const { name, server, stocked, log } of eachDatabase()) {
    const keys = await makeKeys(server.url);
    const attacking = startAttack({ server, stocked, keys });
    const watched = await watch(server, keys[VICTIM] ?? "", attacking);
    const statuses = await attacking.statuses;
    yield { title: name, figures: [...judge(watched, statuses), exactly("internal errors in the log", log.failures().length, 0)] };
  }
}

/** Makes a key for each of the attackers and for who is attacked, which have nothing to do with one another. */
async function makeKeys(/** @type {string} */ url) {
  /** @type {Record<string, string>} */
  const keys = {};
  const { data: me } = await ask(url, { query: "{ viewer { id } }" });
  for (const name of [...ATTACKERS, VICTIM]) {
    const query = "mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { key } }";
    const scopes = ["PROJECTS_READ", "PROJECTS_WRITE", "SESSIONS_READ", "SESSIONS_WRITE"];
    const { data } = await ask(url, { query, variables: { input: { name, scopes, userId: me.viewer.id } } });
    keys[name] = data.createApiKey.key;
  }
  return keys;
}

/** @param {Pick<LoadedServer, "server" | "stocked"> & { keys: Record<string, string> }} options */
function startAttack({ server, stocked, keys }) {
  const child = fork(fileURLToPath(new URL("./attackers-process.mjs", import.meta.url)));
  onCleanUp(() => child.kill());
  setPriority(child.pid ?? 0, LOWER_PRIORITY);
  const projectId = stocked.projectIds[0] ?? "";
  const sessionIds = stocked.sessions.filter((session) => session.projectId === projectId).map(({ id }) => id);
  child.send({
    port: Number(new URL(server.url).port),
    keys: ATTACKERS.map((name) => keys[name]),
    sessionIds,
    projectId,
    seconds: SECONDS,
  });
  let isOver = false;
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`The attackers ended with ${code} before they had told what they saw`);
  });
  const statuses = Promise.race([once(child, "message"), ended]).then(([counted]) => /** @type {Record<string, number>} */ (counted));
  ended.catch(() => undefined); // in the end it always exits
  void statuses.finally(() => (isOver = true)).catch(() => undefined); // whoever watches is told
  return { statuses, isOver: () => isOver };
}

async function watch(
  /** @type {LoadedServer["server"]} */ server,
  /** @type {string} */ key,
  /** @type {ReturnType<typeof startAttack>} */ { isOver },
) {
  /** @type {import("./attempt.mjs").Outcome[]} */
  const outcomes = [];
  let memoryBytes = 0;
  const endsAtMs = Date.now() + SECONDS * 1_000;
  while (!isOver() && Date.now() < endsAtMs) {
    outcomes.push(await attemptOperation(server.url, { query: "{ viewer { id } }" }, { authorization: `Bearer ${key}` }));
    memoryBytes = Math.max(memoryBytes, await server.memoryBytes());
    await delay(PROBE_MS);
  }
  return { outcomes, memoryBytes };
}

/** @param {Awaited<ReturnType<typeof watch>>} watched @param {Record<string, number>} statuses */
function judge({ outcomes, memoryBytes }, statuses) {
  const times = outcomes.map(({ tookMs }) => tookMs);
  const failed = Object.entries(statuses).filter(([name]) => name.endsWith(" 500"));
  const kinds = Object.entries(statuses).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    told("answers to the attackers", kinds.map(([name, count]) => `${name}: ${count}`).join("; ")),
    told("questions of the fourth key", outcomes.length),
    told("its answers, p50", `${Math.round(quantile(times, 0.5))} ms`),
    atMost("its answers, p95", quantile(times, 0.95), MOST_MS, " ms"),
    told("its slowest answer", `${Math.round(Math.max(...times))} ms`),
    exactly("its answers that were not what it asked for", outcomes.filter((outcome) => !isGood(outcome)).length, 0),
    atMost("memory of the server", memoryBytes / 1_000_000, MOST_MEMORY_MB, " MB"),
    exactly(
      "answers with 500 to the attackers",
      failed.reduce((sum, [, count]) => sum + count, 0),
      0,
    ),
  ];
}
