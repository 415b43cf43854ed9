import { randomUUID } from "node:crypto";
import { attempt, isGood } from "./attempt.mjs";
import { makeVersion, toPut, toSaveSession } from "./session-version.mjs";

const NEW = 0.4;

/** What was written to a session: versions are numbered as they were sent. @typedef {{ projectId: string, id: string, sent: number, acknowledged: number, etags: Map<number, string> }} Entry */
/** @typedef {ReturnType<typeof createLedger>} Ledger */

/** Writes sessions and keeps account of every version that was sent and of every one that the server acknowledged. */
export function createLedger(/** @type {{ random: () => number, largest: number }} */ { random, largest }) {
  /** @type {Entry[]} */
  const entries = [];
  let acknowledged = 0;

  /** @returns {Entry} */
  function open(/** @type {string} */ projectId) {
    const entry = { projectId, id: randomUUID(), sent: 0, acknowledged: 0, etags: new Map() };
    entries.push(entry);
    return entry;
  }

  /** Sends the next version of a session by GraphQL or by REST. */
  async function write(/** @type {string} */ url, /** @type {Entry} */ entry) {
    entry.sent += 1;
    const number = entry.sent;
    const version = makeVersion(entry.id, number, largest);
    const outcome = await attempt(url, (random() < 0.5 ? toPut : toSaveSession)(entry.projectId, version));
    if (isGood(outcome)) {
      acknowledged += 1;
      entry.acknowledged = number;
      entry.etags.set(number, outcome.headers.get("etag") ?? outcome.body.data.saveSession.session.etag);
    }
    return outcome;
  }

  return {
    largest,
    entries: () => entries,
    acknowledged: () => acknowledged,
    /** Makes a client with its own sessions, so that its versions follow each other. It begins new ones and replaces old ones. */
    createWriter(/** @type {string} */ projectId) {
      /** @type {Entry[]} */
      const own = [];
      return (/** @type {string} */ url) => {
        let entry = own[Math.floor(random() * own.length)];
        if (entry === undefined || random() < NEW) own.push((entry = open(projectId)));
        return write(url, entry);
      };
    },
  };
}
