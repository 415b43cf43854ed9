import { performance } from "node:perf_hooks";
import { catalogue } from "../../dist/core/errors/catalogue.js";
import { API_KEY, toGraphQLRequest } from "../bench/server-process.mjs";
import { within } from "./deadline.mjs";

const PATIENCE_MS = 60_000;
const NO_HEADERS = { get: () => null };

/**
 * What came of a request: the status, or 0 where none came; the codes of the errors in the answer; the body, as JSON
 * where it is JSON.
 * @typedef {{ sentAtMs: number, tookMs: number, status: number, codes: string[], headers: { get: (name: string) => string | null }, body: any }} Outcome
 */

/**
 * Sends a request and takes whatever comes of it. `headers` go before the usual ones.
 *
 * @param {string} url
 * @param {import("../bench/server-process.mjs").BenchRequest} request
 * @param {Record<string, string>} headers
 * @returns {Promise<Outcome>}
 */
export async function attempt(url, { path, ...init }, headers = {}) {
  const sentAtMs = performance.now();
  const tookMs = () => performance.now() - sentAtMs;
  try {
    const response = await within(
      fetch(new URL(path, url), {
        ...init,
        headers: { authorization: `Bearer ${API_KEY}`, "content-type": "application/json", ...headers },
      }),
      PATIENCE_MS,
      "An answer",
    );
    const body = parse(await within(response.text(), PATIENCE_MS, "The rest of an answer"));
    return { sentAtMs, tookMs: tookMs(), status: response.status, codes: codesOf(body), headers: response.headers, body };
  } catch (error) {
    return { sentAtMs, tookMs: tookMs(), status: 0, codes: ["NO_ANSWER"], headers: NO_HEADERS, body: reasonOf(error) };
  }
}

export function attemptOperation(
  /** @type {string} */ url,
  /** @type {object} */ operation,
  /** @type {Record<string, string> | undefined} */ headers,
) {
  return attempt(url, toGraphQLRequest(operation), headers);
}

/** Fetch hides what happened to a connection in the cause. */
function reasonOf(/** @type {any} */ error) {
  return `${error.message} ${error.cause?.code ?? error.cause?.message ?? ""}`.trim();
}

/** Whether the request was answered with what it asked for. */
export function isGood(/** @type {Outcome} */ { status, codes }) {
  return status >= 200 && status < 300 && codes.length === 0;
}

export async function isReady(/** @type {string} */ url) {
  return (await attempt(url, { method: "GET", path: "/readyz" })).status === 200;
}

/** Whether the server is ready and misses nothing that it was set up with. */
export async function isWhole(/** @type {string} */ url) {
  const { status, body } = await attempt(url, { method: "GET", path: "/readyz" });
  return status === 200 && (body?.degraded ?? []).length === 0;
}

function parse(/** @type {string} */ text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** GraphQL names the codes, REST the reasons, each of which has one code. @returns {string[]} */
function codesOf(/** @type {any} */ body) {
  if (Array.isArray(body?.errors)) return body.errors.map((/** @type {any} */ { extensions }) => extensions?.code ?? "NO_CODE");
  if (body?.success !== false) return [];
  const { code } = body.error;
  return [code in catalogue ? catalogue[/** @type {keyof typeof catalogue} */ (code)].code : code];
}

/** How often each came, the most frequent first: for people to read. */
export function tally(/** @type {Iterable<string>} */ names) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([name, count]) => `${count} ${name}`).join(", ") || "none";
}
