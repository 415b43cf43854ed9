import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onCleanUp } from "./clean-up.mjs";
import { within } from "./deadline.mjs";

const SCRIPT = fileURLToPath(new URL("load-process.mjs", import.meta.url));
const GRACE_MS = 60_000;

/** Closed where it has no rate, else open; over at most so many connections. @typedef {{ connections: number, seconds: number, rate?: number }} Phase */
/** @typedef {{ port: number, requests: import("./raw-connection.mjs").RawRequest[], sequence: Uint16Array, phases: Phase[] }} Plan */
/** @typedef {"kind" | "dueMs" | "sentMs" | "tookMs" | "status" | "marks"} Column */
/** One request; good if it was answered as it had to be. @typedef {{ kind: number, dueMs: number, sentMs: number, tookMs: number, status: number, isGood: boolean, hasRetryAfter: boolean, isUnavailable: boolean }} Sample */
/** What came of a phase: every request that was sent, and how many were due and could not be. @typedef {{ seconds: number, samples: Sample[], unsent: number }} Loaded */

/**
 * Loads a server in phases that follow each other at once, from a separate process.
 *
 * @param {string} url
 * @param {import("./traffic.mjs").Traffic} traffic
 * @param {Phase[]} phases
 * @returns {Promise<Loaded[]>}
 */
export async function load(url, { requests, sequence, expected }, phases) {
  const child = fork(SCRIPT, { serialization: "advanced" });
  onCleanUp(() => child.kill("SIGKILL"));
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`The process that makes the load ended with ${code}`);
  });
  ended.catch(() => undefined); // it may end once it has answered
  const answered = once(child, "message");
  child.send({ port: Number(new URL(url).port), requests, sequence, phases });
  const seconds = phases.reduce((sum, phase) => sum + phase.seconds, 0);
  const [{ records }] = await within(Promise.race([answered, ended]), seconds * 1_000 + GRACE_MS, "The load");
  return phases.map(({ seconds }, index) => ({ seconds, unsent: records[index].unsent, samples: toSamples(records[index], expected) }));
}

/** @returns {Sample[]} */
function toSamples(
  /** @type {Record<Column, Float64Array>} */ { kind, dueMs, sentMs, tookMs, status, marks },
  /** @type {import("./traffic.mjs").Traffic["expected"]} */ expected,
) {
  const isGood = (/** @type {number} */ one, /** @type {number} */ code, /** @type {number} */ mark) => {
    const wanted = expected[one];
    return wanted !== undefined && wanted.statuses.includes(code) && wanted.hasErrors === ((mark & 1) !== 0);
  };
  return Array.from(kind, (one, index) => ({
    kind: one,
    dueMs: dueMs[index] ?? 0,
    sentMs: sentMs[index] ?? 0,
    tookMs: tookMs[index] ?? 0,
    status: status[index] ?? 0,
    isGood: isGood(one, status[index] ?? 0, marks[index] ?? 0),
    hasRetryAfter: ((marks[index] ?? 0) & 2) !== 0,
    isUnavailable: ((marks[index] ?? 0) & 4) !== 0,
  }));
}

/** A phase as part of the one that follows it at once: when what came of it came, in the time of the next. @returns {Loaded} */
export function continued(/** @type {Loaded} */ { samples, seconds, unsent }) {
  const shift = seconds * 1_000;
  return { seconds, unsent, samples: samples.map((one) => ({ ...one, dueMs: one.dueMs - shift, sentMs: one.sentMs - shift })) };
}

/** The answers as they had to be in each second between two moments of a phase. */
export function goodput(/** @type {Loaded} */ { samples, seconds }, fromSecond = 0, toSecond = seconds) {
  const isIn = (/** @type {number} */ ms) => ms >= fromSecond * 1_000 && ms < toSecond * 1_000;
  const good = samples.filter(({ isGood, sentMs, tookMs }) => isGood && isIn(sentMs + tookMs));
  return good.length / (toSecond - fromSecond);
}

/** What so large a share of the values does not exceed; 0 of none. */
export function quantile(/** @type {number[]} */ values, /** @type {number} */ share) {
  const sorted = values.sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
