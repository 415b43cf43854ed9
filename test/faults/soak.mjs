import { readdir } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { tally } from "./attempt.mjs";
import { goodput, load, quantile } from "./load.mjs";
import { eachDatabase } from "./load-databases.mjs";
import { atLeast, atMost, exactly, told } from "./report.mjs";
import { scaled } from "./scale.mjs";
import { makeMixed } from "./traffic.mjs";

const CONNECTIONS = 10;
const MOST_CONNECTIONS = 200;
const SHARE = 0.8;
const CAPACITY_SECONDS = scaled(15, 3);
/** Until the memory is what it stays at; only from then on it is compared. */
const WARM_UP_SECONDS = scaled(60, 3);
const SOAK_SECONDS = scaled(600, 12);
const WINDOW_SECONDS = SOAK_SECONDS / 10;
const SAMPLE_MS = scaled(1_000, 250);
/** Within seconds nothing has settled: in short, only that memory does not run away. */
const MOST_GROWTH = scaled(10, 25);
const MOST_REJECTED = 1;
/** Longer than idle connections to the database are kept, which is 10 s; in short, they may still be there. */
const SETTLE_MS = scaled(12_000, 6_000);
const MOST_HANDLES = scaled(10, 20);
const MEGABYTE = 1_048_576;

/** @typedef {import("../bench/server-process.mjs").ServerProcess} ServerProcess */
/** @typedef {import("./load.mjs").Loaded} Loaded */
/** @typedef {import("./traffic.mjs").Traffic} Traffic */

/** Loads the server steadily with all that clients do, well or badly: it gets neither larger nor slower. */
export default async function* soak() {
  for await (const { name, server, stocked, log } of eachDatabase()) {
    const traffic = makeMixed(stocked);
    const usual = { connections: CONNECTIONS, seconds: CAPACITY_SECONDS };
    const [, measured] = await load(server.url, traffic, [{ ...usual, seconds: 2 }, usual]);
    const capacity = measured.samples.length / measured.seconds;
    await delay(SETTLE_MS);
    const handlesBefore = await countHandles(server);

    const steady = { connections: MOST_CONNECTIONS, rate: capacity * SHARE };
    const sampling = sampleMemory(server);
    const [, loaded] = await load(server.url, traffic, [
      { ...steady, seconds: WARM_UP_SECONDS },
      { ...steady, seconds: SOAK_SECONDS },
    ]);
    const memory = await sampling.end();
    await delay(SETTLE_MS);
    const handlesAfter = await countHandles(server);

    yield {
      title: `${SOAK_SECONDS} s at ${100 * SHARE} % of the capacity on ${name}`,
      figures: [
        told("capacity", `${Math.round(capacity)} requests/s`),
        ...judgeAnswers(loaded, traffic),
        ...judgeMemory(memory),
        ...(handlesBefore === undefined || handlesAfter === undefined
          ? [told("open files: skipped, there is no /proc here", "")]
          : [atMost("open files after the load, more than before", handlesAfter - handlesBefore, MOST_HANDLES)]),
        exactly("internal errors in the log", log.failures().length, 0),
      ],
    };
  }
}

function judgeAnswers(/** @type {Loaded} */ loaded, /** @type {Traffic} */ { expected }) {
  const { samples, seconds, unsent } = loaded;
  const rejected = samples.filter(({ status }) => status === 503);
  const wrong = samples.filter(({ status, isGood }) => status !== 503 && !isGood);
  const names = wrong.map(({ kind, status }) => `${expected[kind]?.request.method} ${expected[kind]?.request.path.slice(0, 60)} ${status}`);
  const times = (/** @type {number} */ from, /** @type {number} */ to) =>
    samples.filter(({ dueMs }) => dueMs >= from * 1_000 && dueMs < to * 1_000).map(({ dueMs, sentMs, tookMs }) => sentMs - dueMs + tookMs);
  const p99 = (/** @type {number[]} */ values) => `${Math.round(quantile(values, 0.99))} ms`;
  return [
    told("requests", samples.length),
    told("answers as they have to be", `${Math.round(goodput(loaded))}/s`),
    { ...exactly("answers that are not as they have to be", wrong.length, 0), seen: tally(names) },
    atMost("rejected for overload, or not sent", (100 * (rejected.length + unsent)) / (samples.length + unsent), MOST_REJECTED, " %"),
    told("p99 in the first tenth", p99(times(0, WINDOW_SECONDS))),
    told("p99 in the last tenth", p99(times(seconds - WINDOW_SECONDS, seconds))),
  ];
}

/** Samples the memory of a server until it is told to end. */
function sampleMemory(/** @type {ServerProcess} */ server) {
  /** @type {number[]} */
  const samples = [];
  let isEnding = false;
  async function sample() {
    while (!isEnding) {
      samples.push(await server.memoryBytes());
      await delay(SAMPLE_MS);
    }
  }
  const sampling = sample();
  return {
    async end() {
      isEnding = true;
      await sampling;
      return samples;
    },
  };
}

/** The samples are evenly spaced, but how far apart is up to the machine: so they are cut by shares, not by times. */
function judgeMemory(/** @type {number[]} */ samples) {
  const total = WARM_UP_SECONDS + SOAK_SECONDS;
  const at = (/** @type {number} */ second) => Math.floor((samples.length * second) / total);
  const mean = (/** @type {number} */ from, /** @type {number} */ to) => {
    const some = samples.slice(at(from), Math.max(at(to), at(from) + 1));
    return some.reduce((sum, bytes) => sum + bytes, 0) / some.length;
  };
  const first = mean(WARM_UP_SECONDS, WARM_UP_SECONDS + WINDOW_SECONDS);
  const last = mean(total - WINDOW_SECONDS, total);
  return [
    told("memory in the first tenth after a warm-up", `${Math.round(first / MEGABYTE)} MB`),
    told("memory in the last tenth", `${Math.round(last / MEGABYTE)} MB`),
    told("the most", `${Math.round(Math.max(...samples) / MEGABYTE)} MB`),
    atMost("growth", (100 * (last - first)) / first, MOST_GROWTH, " %"),
    atLeast("samples", samples.length, 10),
  ];
}

/** Sockets are among them. */
async function countHandles(/** @type {ServerProcess} */ { pid }) {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => undefined);
  return names?.length;
}
