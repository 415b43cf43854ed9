import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { REST_PATH, toGraphQLRequest } from "../bench/server-process.mjs";
import { attempt, isGood } from "./attempt.mjs";
import { scaled } from "./scale.mjs";
import { sessionPath } from "./session-version.mjs";

const CLIENTS = 30;
const PROJECTS = 3;
const WRITES = 0.3;
/** What a client waits between two requests, so that rejections, which come at once, do not add to the load. */
const PAUSE_MS = scaled(50, 150);

/** One request: what it was, and what went on when it was sent and answered. @typedef {{ kind: "read" | "write", sentIn: string, answeredIn: string, outcome: import("./attempt.mjs").Outcome }} Done */

/**
 * Some tens of clients that read and write, each one request after the other, until they are told to end.
 *
 * @param {{ url: string, ledger: import("./ledger.mjs").Ledger, random: () => number }} options
 */
export function createSteadyLoad({ url, ledger, random }) {
  const name = randomUUID(); // what an earlier load has stored is in other projects
  const clients = Array.from({ length: CLIENTS }, (_, index) => {
    const projectId = `${name}-${index % PROJECTS}`;
    return { projectId, write: ledger.createWriter(projectId) };
  });
  /** @type {Done[]} */
  const done = [];
  /** @type {Promise<void>[]} */
  let working = [];
  let phase = "before";
  let isEnding = false;

  async function work(/** @type {typeof clients[number]} */ { projectId, write }) {
    while (!isEnding) {
      const kind = random() < WRITES ? "write" : "read";
      const sentIn = phase;
      const outcome = await (kind === "write" ? write(url) : attempt(url, chooseRead(projectId)));
      done.push({ kind, sentIn, answeredIn: phase, outcome });
      await delay(PAUSE_MS);
    }
  }

  function chooseRead(/** @type {string} */ projectId) {
    const reads = [
      () => toGraphQLRequest({ query: "{ projects { id name sessionCount } }" }),
      () => toGraphQLRequest({ query: `{ project(id: "${projectId}") { name sessions(limit: 10) { id name markdownSize } } }` }),
      () => toGraphQLRequest({ query: '{ searchSessions(query: "version") { total results { id snippet } } }' }),
      () => ({ method: "GET", path: `${REST_PATH}/projects/${projectId}/sessions?limit=10` }),
      () => readStored(projectId),
    ];
    return (reads[Math.floor(random() * reads.length)] ?? readStored)(projectId);
  }

  /** A session that is known to be there. */
  function readStored(/** @type {string} */ projectId) {
    const stored = ledger.entries().filter((entry) => entry.projectId === projectId && entry.acknowledged > 0);
    const path = sessionPath(projectId, stored[Math.floor(random() * stored.length)]?.id ?? "");
    return { method: "GET", path };
  }

  return {
    /** Every project has a session before anybody reads. */
    async begin() {
      for (const { write } of clients.slice(0, PROJECTS)) {
        const outcome = await write(url);
        if (!isGood(outcome)) throw new Error(`The first write was answered ${outcome.status} ${outcome.codes}`);
      }
      working = clients.map(work);
    },
    enter: (/** @type {string} */ next) => void (phase = next),
    /** Everything that was asked, once the last answer is there. */
    async end() {
      isEnding = true;
      await Promise.all(working);
      return done;
    },
  };
}
