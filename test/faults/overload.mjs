import { setTimeout as delay } from "node:timers/promises";
import { attempt } from "./attempt.mjs";
import { continued, goodput, load, quantile } from "./load.mjs";
import { eachDatabase } from "./load-databases.mjs";
import { atLeast, atMost, exactly, told } from "./report.mjs";
import { scaled } from "./scale.mjs";
import { makeMixed } from "./traffic.mjs";

const FACTOR = 10;
const CONNECTIONS = 10;
const MOST_CONNECTIONS = 10_000;
/** So many connections, in seconds of the capacity, that those whose requests the server lets wait leave some to the others. */
const WAITING_SECONDS = 3;
const WARM_UP_SECONDS = scaled(20, 2);
const MEASURED_SECONDS = scaled(20, 4);
const OVERLOAD_SECONDS = scaled(30, 5);
const RECOVERY_SECONDS = 2;
const LEAST_GOODPUT = 0.7;
const LEAST_RECOVERED = 0.9;
const MOST_REJECTION_MS = 100;
const PROBE_MS = 100;

/** All connections come from one address, as those of a proxy do. */
const AS_PROXY = { TRUSTED_PROXIES: "loopback" };

/** @typedef {import("./load.mjs").Loaded} Loaded */

/** Asks for ten times what the server can do: it goes on doing most of what it can, and rejects the rest at once. */
export default async function* overload() {
  for await (const { name, server, stocked, log } of eachDatabase(AS_PROXY)) {
    const traffic = makeMixed(stocked);
    const usual = { connections: CONNECTIONS, seconds: MEASURED_SECONDS };
    const [, before] = await load(server.url, traffic, [{ ...usual, seconds: WARM_UP_SECONDS }, usual]);
    const capacity = goodput(before);
    const probing = probeHealth(server.url);
    const [over, after] = await load(server.url, traffic, [
      {
        connections: Math.min(MOST_CONNECTIONS, Math.ceil(capacity * WAITING_SECONDS) + 500),
        seconds: OVERLOAD_SECONDS,
        rate: capacity * FACTOR,
      },
      { ...usual, seconds: RECOVERY_SECONDS + MEASURED_SECONDS },
    ]);
    const healthMs = await probing.end();
    yield {
      title: name,
      figures: [
        ...judge(capacity, over, after),
        told("the slowest /healthz meanwhile, which does nothing", `${Math.round(healthMs)} ms`),
        exactly("internal errors in the log", log.failures().length, 0),
      ],
    };
  }
}

/** Asks again and again for what costs nothing: that waits only where the process does not get to read what has come. */
function probeHealth(/** @type {string} */ url) {
  let slowestMs = 0;
  let isEnding = false;
  async function probe() {
    while (!isEnding) {
      const { tookMs } = await attempt(url, { method: "GET", path: "/healthz" });
      slowestMs = Math.max(slowestMs, tookMs);
      await delay(PROBE_MS);
    }
  }
  const probing = probe();
  return {
    async end() {
      isEnding = true;
      await probing;
      return slowestMs;
    },
  };
}

function percent(/** @type {number} */ share) {
  return `${Math.round(100 * share)} %`;
}

function judge(/** @type {number} */ capacity, /** @type {Loaded} */ over, /** @type {Loaded} */ after) {
  const { samples, seconds, unsent } = over;
  const rejections = samples.filter(({ status }) => status === 503);
  const complete = rejections.filter(({ hasRetryAfter, isUnavailable }) => hasRetryAfter && isUnavailable);
  const others = samples.filter(({ status, isGood }) => status !== 503 && !isGood);
  const answered = samples.filter(({ isGood }) => isGood);
  const ms = (/** @type {number[]} */ times) => `${Math.round(quantile(times, 0.5))} / ${Math.round(quantile(times, 0.99))} ms`;
  return [
    told("capacity", `${Math.round(capacity)}/s`),
    told("offered, of the capacity", `${(samples.length / seconds / capacity).toFixed(1)} times`),
    told("requests that were due and could not be sent", unsent),
    told("how late requests were sent, p50 / p99", ms(samples.map(({ dueMs, sentMs }) => sentMs - dueMs))),
    told("answered as they have to be, p50 / p99", ms(answered.map(({ tookMs }) => tookMs))),
    atLeast("goodput, of the capacity", (100 * goodput(over)) / capacity, 100 * LEAST_GOODPUT, " %"),
    atLeast("rejections", rejections.length, 1),
    told("rejections, p50 / p99", ms(rejections.map(({ tookMs }) => tookMs))),
    atMost("rejections, p99", quantile(rejections.map(({ tookMs }) => tookMs), 0.99), MOST_REJECTION_MS, " ms"), // prettier-ignore
    exactly("of these without the code or Retry-After", rejections.length - complete.length, 0),
    exactly("answers that are neither that nor rejections, or none", others.length, 0),
    told(
      "late answers to the overload then, of the capacity",
      percent(goodput(continued(over), RECOVERY_SECONDS, after.seconds) / capacity),
    ),
    atLeast(
      `goodput ${RECOVERY_SECONDS} s after, of the capacity`,
      (100 * goodput(after, RECOVERY_SECONDS)) / capacity,
      100 * LEAST_RECOVERED,
      " %",
    ),
  ];
}
