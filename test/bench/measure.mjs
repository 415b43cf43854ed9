import { performance } from "node:perf_hooks";
import autocannon from "autocannon";
import { HEADERS, send, toGraphQLRequest } from "./server-process.mjs";

const WARM_UP_SECONDS = 1;

/** @typedef {import("./scenarios.mjs").Scenario} Scenario */
/** @typedef {{ perSecond: number, p50Ms: number, p99Ms: number }} Figures */

/** The request that a scenario makes with some of its variables: an operation, unless it says otherwise. */
function requestOf(/** @type {Scenario} */ { query, toRequest }, /** @type {any} */ values) {
  return toRequest === undefined ? toGraphQLRequest({ query, variables: values }) : toRequest(values);
}

/** Asks for every answer of a scenario once, and checks it. */
export async function checkAnswers(/** @type {string} */ url, /** @type {Scenario} */ scenario) {
  const { title, variables, check } = scenario;
  for (const values of variables) {
    const answer = await send(url, requestOf(scenario, values));
    try {
      check(answer, values);
    } catch (error) {
      throw new Error(`Wrong answer for ${title} with ${JSON.stringify(values)}`, { cause: error });
    }
  }
}

/**
 * Loads a server with a scenario and measures after a warm-up. Every answer must have status 200, and errors exactly
 * where the scenario has them.
 *
 * @param {string} url
 * @param {Scenario} scenario
 * @param {{ connections: number, seconds: number }} load
 * @returns {Promise<Figures>}
 */
export async function measure(url, scenario, { connections, seconds }) {
  await fire(url, scenario, connections, WARM_UP_SECONDS);
  await drain(url, scenario, connections);
  const times = await fire(url, scenario, connections, seconds);
  await drain(url, scenario, connections);
  const sorted = times.sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
  return { perSecond: sorted.length / seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

/**
 * Compares two loads under the same circumstances: short rounds of both in turn, so that whatever else the machine does
 * meets both. Returns the median of the rounds' ratios of throughput, first to second.
 *
 * @param {{ url: string, scenario: Scenario }} first
 * @param {{ url: string, scenario: Scenario }} second
 * @param {{ connections: number, seconds: number, rounds: number }} load
 */
export async function compare(first, second, { connections, seconds, rounds }) {
  const answers = async (/** @type {typeof first} */ { url, scenario }) => {
    const times = await fire(url, scenario, connections, seconds);
    await drain(url, scenario, connections);
    return times.length;
  };
  await answers(first);
  await answers(second);
  const ratios = [];
  for (let round = 0; round < rounds; round += 1) {
    const isTurned = round % 2 === 1; // what comes first is not always the same
    const a = await answers(isTurned ? second : first);
    const b = await answers(isTurned ? first : second);
    ratios.push(isTurned ? b / a : a / b);
  }
  return ratios.sort((x, y) => x - y)[Math.floor(rounds / 2)] ?? NaN;
}

/** Waits until what a load left behind, whose answers nobody awaits, is done: as many more requests stand in line behind it. */
async function drain(/** @type {string} */ url, /** @type {Scenario} */ scenario, /** @type {number} */ connections) {
  await Promise.all(Array.from({ length: connections }, () => send(url, requestOf(scenario, scenario.variables[0]))));
}

/**
 * The time of each answer in milliseconds. Autocannon's own histogram counts whole milliseconds, too coarse here.
 *
 * @param {string} url
 * @param {Scenario} scenario
 * @param {number} connections
 * @param {number} seconds
 * @returns {Promise<number[]>}
 */
function fire(url, scenario, connections, seconds) {
  const { title, variables, toRequest, partial = false } = scenario;
  const requests = variables.map((values) => /** @type {any} */ (requestOf(scenario, values)));
  const beginning = toRequest === undefined ? '{"data":' : '{"success":true';
  const verifyBody = (/** @type {string} */ body) => body.startsWith(beginning) && body.includes('"errors":[{') === partial;
  const options = { url, headers: HEADERS, requests, connections, duration: seconds, sampleInt: 100, verifyBody };
  /** @type {number[]} */
  const times = [];
  return new Promise((resolve, reject) => {
    const end = performance.now() + seconds * 1_000;
    const load = autocannon(options, (error, result) => {
      if (error) return reject(error);
      const failed = result.non2xx + result.errors + result.timeouts + result.mismatches;
      return failed > 0 ? reject(new Error(`${failed} requests of ${title} failed`)) : resolve(times);
    });
    load.on("response", (_client, _status, _bytes, timeMs) => {
      if (performance.now() <= end) times.push(timeMs); // it goes on for a moment after the end
    });
  });
}
