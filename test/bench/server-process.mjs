import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
export const REST_PATH = "/api/v1";
const GRAPHQL_PATH = `${REST_PATH}/graphql`;

export const API_KEY = "bks_live_benchmark0000000000000000000000000000000000";

/** Settings under which no limit is reached and nothing but failures is logged. */
const UNLIMITED = "999999999/1h";
const SETTINGS = {
  PORT: "0",
  LOG_LEVEL: "warn",
  BOOTSTRAP_API_KEY: API_KEY,
  RATE_LIMIT_GRAPHQL: UNLIMITED,
  RATE_LIMIT_REST: UNLIMITED,
  RATE_LIMIT_FIELDS: `Query.searchSessions=${UNLIMITED},Query.analytics=${UNLIMITED}`,
};

/** @typedef {{ databaseUrl: string | undefined, dataDir: string }} DatabaseLocation */
/** @typedef {Awaited<ReturnType<typeof startServer>>} ServerProcess */

/** Every process that was started and has not ended. @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

/** Ends what is still running, without waiting: for the end of the benchmark itself, however it comes. */
export function killServers() {
  for (const child of running) child.kill("SIGKILL");
}

/** @typedef {{ settings?: Record<string, string>, onLog?: (line: string) => void }} ServerOptions */

/**
 * Starts a server as a separate process and waits until it has answered a query. `urls` are the GraphQL addresses
 * that it announced, `startMs` the time until the answer, `stop` ends it as an operator does, `kill` as a crash does.
 * `settings` go before the benchmark's own; what is logged is shown unless `onLog` takes it.
 *
 * @param {DatabaseLocation} location
 * @param {string} script
 * @param {ServerOptions} options
 */
export async function startServer({ databaseUrl, dataDir }, script = "dist/main.js", { settings = {}, onLog } = {}) {
  const startedAt = performance.now();
  const env = {
    PATH: process.env.PATH,
    ...SETTINGS,
    ...settings,
    DATA_DIR: dataDir,
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
  };
  const child = spawn(process.execPath, [script], { cwd: ROOT, env, stdio: ["ignore", "pipe", onLog === undefined ? "inherit" : "pipe"] });
  running.add(child);
  if (onLog !== undefined && child.stderr !== null) createInterface({ input: child.stderr }).on("line", onLog);
  const ended = once(child, "exit").finally(() => running.delete(child));
  const urls = await readAddresses(child);
  if (urls.length === 0) throw new Error(`${script} ended before it was ready`);
  for (const url of urls) await ask(url, { query: "{ projects(limit: 1) { id } }" });
  return {
    urls,
    url: urls[0] ?? "",
    startMs: performance.now() - startedAt,
    pid: child.pid ?? 0,
    memoryBytes: () => memoryOf(child.pid ?? 0),
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
    async stop() {
      child.kill("SIGTERM");
      await Promise.race([ended, delay(10_000, undefined, { ref: false }).then(() => child.kill("SIGKILL"))]);
    },
  };
}

/** The addresses in what a server prints when it is ready, up to its line about GraphiQL. */
async function readAddresses(/** @type {import("node:child_process").ChildProcess} */ child) {
  if (child.stdout === null) throw new Error("The server's output is not piped");
  const urls = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const address = /^Backstory is at http:\/\/\S+:(\d+)$/.exec(line);
    if (address !== null) urls.push(`http://127.0.0.1:${address[1]}${GRAPHQL_PATH}`);
    if (line.startsWith("GraphiQL:")) break;
  }
  child.stdout.resume();
  return urls;
}

/** Headers of every request of the benchmark. */
export const HEADERS = { authorization: `Bearer ${API_KEY}`, "content-type": "application/json" };

/** @typedef {{ method: string, path: string, body?: string }} BenchRequest */

/** An operation as a request. @returns {BenchRequest} */
export function toGraphQLRequest(/** @type {object} */ operation) {
  return { method: "POST", path: GRAPHQL_PATH, body: JSON.stringify(operation) };
}

/** The answer to one request. */
export async function send(/** @type {string} */ url, /** @type {BenchRequest} */ { path, ...init }) {
  const response = await fetch(new URL(path, url), { ...init, headers: HEADERS });
  const text = await response.text();
  if (!response.ok) throw new Error(`Status ${response.status}: ${text}`);
  return JSON.parse(text);
}

/** The answer to one operation. */
export function ask(/** @type {string} */ url, /** @type {object} */ operation) {
  return send(url, toGraphQLRequest(operation));
}

/** The resident memory of a process, as the operating system counts it. */
async function memoryOf(/** @type {number} */ pid) {
  const { stdout } = await promisify(execFile)("ps", ["-o", "rss=", "-p", String(pid)]);
  return Number(stdout) * 1024;
}
