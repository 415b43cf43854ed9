import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";

const POLL_MS = 50;

/**
 * What a promise comes to, or a failure once it has taken too long.
 *
 * @template T
 * @param {Promise<T>} promise
 * @param {number} mostMs
 * @param {string} what
 * @returns {Promise<T>}
 */
export async function within(promise, mostMs, what) {
  const late = delay(mostMs, undefined, { ref: false }).then(() => {
    throw new Error(`${what} took longer than ${mostMs} ms`);
  });
  late.catch(() => undefined); // also where nobody waits for it any more
  return Promise.race([promise, late]);
}

/**
 * How long it takes until something is so; infinity if it takes too long.
 *
 * @param {() => Promise<boolean>} isSo
 * @param {number} mostMs
 */
export async function timeUntil(isSo, mostMs) {
  const startedAt = performance.now();
  while (!(await isSo())) {
    if (performance.now() - startedAt > mostMs) return Infinity;
    await delay(POLL_MS);
  }
  return performance.now() - startedAt;
}
