import { Agent, request } from "node:http";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { REST_PATH, toGraphQLRequest } from "../bench/server-process.mjs";
import { sessionPath } from "./session-version.mjs";

// The process that attacks, so that it does not get in the way of who measures. It is told what to do once, and answers in
// the end with the statuses that it saw.

/** @typedef {{ port: number, keys: string[], sessionIds: string[], projectId: string, seconds: number }} Orders */
/** @typedef {{ method: string, path: string, body?: string | Uint8Array, headers?: Record<string, string> }} Attack */

/** Attackers come from other addresses than who measures. */
const ADDRESS = "127.0.0.2";
const PATIENCE_MS = 60_000;
/** Attackers that are rejected go on, but not so fast that they take all of the machine's time for themselves. */
const PAUSE_MS = 20;

const agent = new Agent({ keepAlive: true, localAddress: ADDRESS });

/** Sockets whose errors are heard: Node leaves one alone when its answer ends before its body is sent. @type {WeakSet<object>} */
const heard = new WeakSet();

/** @type {Map<string, number>} */
const statuses = new Map();

function count(/** @type {string} */ kind, /** @type {number} */ status) {
  const name = `${kind} ${status}`;
  statuses.set(name, (statuses.get(name) ?? 0) + 1);
}

/** Sends a request, and throws its answer away. @returns {Promise<number>} the status, or 0 */
function send(/** @type {number} */ port, /** @type {string | null} */ key, /** @type {Attack} */ { method, path, body, headers = {} }) {
  return new Promise((resolve) => {
    const authorization = key === null ? {} : { authorization: `Bearer ${key}` };
    const all = { "content-type": "application/json", ...authorization, ...headers };
    const sent = request({ host: "127.0.0.1", port, method, path, headers: all, agent, timeout: PATIENCE_MS }, (answer) => {
      answer.on("error", () => resolve(0)).on("end", () => resolve(answer.statusCode ?? 0));
      answer.resume();
    });
    sent.on("timeout", () => sent.destroy()).on("error", () => resolve(0));
    sent.once("socket", (socket) => {
      if (!heard.has(socket)) socket.on("error", () => undefined);
      heard.add(socket);
    });
    sent.end(body);
  });
}

const operation = (/** @type {string} */ query, /** @type {object} */ variables = {}) => toGraphQLRequest({ query, variables });

const hostile = { spaces: " ".repeat(99_000), brackets: "[".repeat(99_000), quotes: '"'.repeat(99_000), words: "aA ".repeat(33_000) };

/** Sockets that say little and stay. */
function openSilent(/** @type {number} */ port, /** @type {string} */ text) {
  const socket = connect({ port, host: "127.0.0.1", localAddress: ADDRESS }, () => socket.write(text));
  socket.on("error", () => undefined).resume();
  setTimeout(() => socket.destroy(), PATIENCE_MS / 4).unref();
  return new Promise((resolve) => socket.once("close", resolve));
}

/** A client that asks for much and reads nothing. */
function openDeaf(/** @type {number} */ port, /** @type {string} */ head) {
  const socket = connect({ port, host: "127.0.0.1", localAddress: ADDRESS }, () => socket.write(head));
  socket.on("error", () => undefined).pause();
  return delay(PATIENCE_MS / 6).then(() => void socket.destroy());
}

/** The attacks by kind: who attacks, how many at a time, and with what. */
function attacksOf(/** @type {Orders} */ { port, keys, sessionIds, projectId }) {
  const [searcher, uploader, reader] = keys;
  const save = "mutation ($input: SaveSessionInput!) { saveSession(input: $input) { created } }";
  const text = (/** @type {number} */ characters) => "The quick brown fox jumps. ".repeat(Math.ceil(characters / 27));
  const put = (/** @type {string} */ markdown) => JSON.stringify({ projectName: projectId, name: "upload", markdown, rawData: "" });
  const bomb = gzipSync(JSON.stringify({ projectName: "x", name: "bomb", markdown: " ".repeat(150_000_000), rawData: "" }));
  const [small, large, zipped] = [put(text(200_000)), put(text(5_000_000)), gzipSync(put(text(30_000_000)))];
  const contested = randomUUID();
  const head = (/** @type {string | undefined} */ key, /** @type {string} */ rest) =>
    `POST ${REST_PATH}/graphql HTTP/1.1\r\nHost: localhost\r\n${key === undefined ? "" : `Authorization: Bearer ${key}\r\n`}Content-Type: application/json\r\n${rest}`;
  const ask = (/** @type {string | null | undefined} */ key, /** @type {() => Attack} */ make) => () => send(port, key ?? null, make());
  const asked = sessionIds.slice(0, 50);

  /** @type {Record<string, readonly [number, () => Promise<unknown>]>} */
  return {
    "slow searches": [24, ask(searcher, () => operation('{ searchSessions(query: "version or error or file or code", limit: 200) { total results { id snippet metadata { tags } } } }'))], // prettier-ignore
    "search as you type": [40, ask(searcher, () => ({ method: "POST", path: `${REST_PATH}/search/resume`, body: '{"query":"e"}' }))],
    "related sessions": [10, ask(reader, () => operation("{ sessions(limit: 200) { id relatedSessions(limit: 50) { id similarity } } }"))],
    "all contents": [10, ask(reader, () => operation("{ sessions(limit: 200, orderBy: MARKDOWN_SIZE_DESC) { markdownContent } }"))],
    "aliases of contents": [5, ask(reader, () => operation(`{ ${asked.map((id, index) => `s${index}: session(id: "${id}") { markdownContent }`).join(" ")} }`))], // prettier-ignore
    "uploads to one session": [20, ask(uploader, () => ({ method: "PUT", path: sessionPath(projectId, contested), body: small }))],
    "large uploads": [4, ask(uploader, () => ({ method: "PUT", path: sessionPath(projectId, randomUUID()), body: large }))],
    "zipped uploads": [2, ask(uploader, () => ({ method: "PUT", path: sessionPath(projectId, contested), body: zipped, headers: { "content-encoding": "gzip" } }))], // prettier-ignore
    bombs: [3, ask(uploader, () => ({ method: "PUT", path: sessionPath(projectId, contested), body: bomb, headers: { "content-encoding": "gzip" } }))], // prettier-ignore
    "large mutations": [2, ask(uploader, () => operation(save, { input: { id: contested, projectId, name: "m", markdown: text(10_000_000) } }))], // prettier-ignore
    "long names": [4, ask(reader, () => operation(`{ sessions(orderBy: ${"A".repeat(90_000)}) { id } }`, { filler: hostile.words }))],
    floods: [20, ask(reader, () => operation("{ projects { id name sessions(limit: 50) { id name metadata { tags } } } }"))],
    "texts without a key": [10, ask(null, () => operation("query ($a: String) { errorCatalog { code } __type(name: $a) { name } }", { a: hostile.spaces }))], // prettier-ignore
    "brackets without a key": [5, ask(null, () => ({ method: "POST", path: `${REST_PATH}/graphql`, body: hostile.brackets }))],
    "wrong keys": [20, () => send(port, `bks_live_${randomUUID()}`, operation("{ projects { id } }"))],
    "bodies that do not come": [50, () => openSilent(port, head(undefined, "Content-Length: 90000\r\n\r\n{"))],
    "bodies of a key that do not come": [50, () => openSilent(port, head(uploader, "Content-Length: 19000000\r\n\r\n{"))],
    "heads that do not come": [300, () => openSilent(port, "GET /healthz HTTP/1.1\r\nX-Slow: ")],
    "answers that nobody reads": [20, () => openDeaf(port, `GET ${sessionPath(projectId, sessionIds[0] ?? "")} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${reader}\r\n\r\n`)], // prettier-ignore
  };
}

process.once("message", async (/** @type {Orders} */ orders) => {
  const endsAtMs = Date.now() + orders.seconds * 1_000;
  async function attack(/** @type {string} */ kind, /** @type {() => Promise<unknown>} */ once) {
    while (Date.now() < endsAtMs) {
      const status = await once();
      if (typeof status === "number") count(kind, status);
      await delay(PAUSE_MS);
    }
  }
  const attacks = Object.entries(attacksOf(orders));
  const working = attacks.flatMap(([kind, [times, once]]) => Array.from({ length: times }, () => attack(kind, once)));
  await Promise.race([Promise.all(working), delay(orders.seconds * 1_000 + PATIENCE_MS)]);
  process.send?.(Object.fromEntries(statuses), () => process.exit());
});

// The process that forked this one is gone.
process.once("disconnect", () => process.exit(1));
