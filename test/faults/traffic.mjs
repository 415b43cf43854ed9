import { randomUUID } from "node:crypto";
import { createRandom, makeSession } from "../bench/data.mjs";
import { usualQueries } from "../bench/expectations.mjs";
import { API_KEY, REST_PATH, toGraphQLRequest } from "../bench/server-process.mjs";
import { seed } from "./scale.mjs";

const LENGTH = 10_007;
const SAVED = 20;

/** @typedef {import("../bench/server-process.mjs").BenchRequest} BenchRequest */
/** What is sent, one after the other: `sequence` has the numbers of requests, `expected` how each is to be answered. @typedef {ReturnType<typeof toTraffic>} Traffic */
/** Requests of one kind, how many of a hundred are of it, and how they are to be answered: 200 without errors unless it says so. @typedef {{ share: number, requests: BenchRequest[], statuses?: number[], hasErrors?: boolean, key?: string }} Kind */

/** Reads and writes as clients make them, and their mistakes. */
export function makeMixed(/** @type {import("./stock.mjs").Stock} */ stock) {
  return toTraffic([...reads(stock), ...writes(), ...mistakes(stock)]);
}

/** The traffic of all kinds, over GraphQL and REST. @returns {Kind[]} */
function reads(/** @type {import("./stock.mjs").Stock} */ { projectIds, sessions }) {
  const project = "query ($id: ID!) { project(id: $id) { id name sessionCount sessions(limit: 10) { id name createdAt markdownSize } } }";
  const session = "query ($id: ID!) { session(id: $id) { id name markdownContent } }";
  const search = "query ($query: String!) { searchSessions(query: $query) { total results { id name snippet } } }";
  const operations = (/** @type {string} */ query, /** @type {object[]} */ variables) =>
    variables.map((values) => toGraphQLRequest({ query, variables: values }));
  const gets = (/** @type {string[]} */ paths, method = "GET") => paths.map((path) => ({ method, path: REST_PATH + path }));
  const paths = sessions.map(({ projectId, id }) => `/projects/${projectId}/sessions/${id}`);
  return [
    { share: 14, requests: operations("{ projects { id name sessionCount lastActivity } }", [{}]) },
    { share: 22, requests: operations(project, projectIds.map((id) => ({ id }))) }, // prettier-ignore
    { share: 14, requests: operations(session, sessions.map(({ id }) => ({ id }))) }, // prettier-ignore
    { share: 8, requests: operations(search, usualQueries.map((query) => ({ query }))) }, // prettier-ignore
    { share: 8, requests: gets(projectIds.map((id) => `/projects/${id}/sessions?limit=10`)) },
    { share: 6, requests: gets(["/projects"]) },
    { share: 10, requests: gets(paths) },
    { share: 6, requests: gets(paths, "HEAD") },
  ];
}

/** They replace the same sessions over and over, so that the database stays as large as it is. @returns {Kind[]} */
function writes() {
  const stored = Array.from({ length: SAVED }, (_, index) => ({ id: randomUUID(), ...contentOf(index) }));
  const mutation = "mutation ($input: SaveSessionInput!) { saveSession(input: $input) { created session { id etag } } }";
  const saves = stored.map((input) => toGraphQLRequest({ query: mutation, variables: { input: { ...input, projectId: "written" } } }));
  const puts = stored.map(({ id, ...body }) => ({
    method: "PUT",
    path: `${REST_PATH}/projects/written/sessions/${id}`,
    body: JSON.stringify({ ...body, projectName: "written", rawData: "" }),
  }));
  return [
    { share: 6, requests: saves },
    { share: 5, requests: puts, statuses: [200, 201] },
  ];
}

function contentOf(/** @type {number} */ index) {
  const { name, markdown } = makeSession(1_000_000 + index);
  return { name, markdown };
}

/** One of a hundred requests is one. @returns {Kind[]} */
function mistakes(/** @type {import("./stock.mjs").Stock} */ { projectIds }) {
  const wrongKey = API_KEY.replace(/0/g, "1");
  const missing = `${REST_PATH}/projects/${projectIds[0]}/sessions/${randomUUID()}`;
  return [
    { share: 0.25, requests: [{ method: "GET", path: `${REST_PATH}/projects` }], key: wrongKey, statuses: [401] },
    { share: 0.25, requests: [{ method: "GET", path: missing }], statuses: [404] },
    { share: 0.25, requests: [toGraphQLRequest({ query: '{ project(id: "no-such-project") { id } }' })], hasErrors: true },
    { share: 0.25, requests: [toGraphQLRequest({ query: "{ nothing { like this" })], hasErrors: true },
  ];
}

function toTraffic(/** @type {Kind[]} */ kinds) {
  const random = createRandom(seed);
  const sum = kinds.reduce((total, { share }) => total + share, 0);
  const numbered = kinds.map((kind, index) => ({
    ...kind,
    from: kinds.slice(0, index).reduce((total, before) => total + before.requests.length, 0),
  }));
  const sequence = Uint16Array.from({ length: LENGTH }, () => {
    let left = random() * sum;
    const kind = numbered.find(({ share }) => (left -= share) < 0) ?? numbered[0];
    return kind === undefined ? 0 : kind.from + Math.floor(random() * kind.requests.length);
  });
  return {
    sequence,
    requests: kinds.flatMap(({ requests, key = API_KEY }) => requests.map((request) => toRaw(request, key))),
    expected: kinds.flatMap(({ requests, statuses = [200], hasErrors = false }) =>
      requests.map((request) => ({ request, statuses, hasErrors })),
    ),
  };
}

function toRaw(/** @type {BenchRequest} */ { method, path, body = "" }, /** @type {string} */ key) {
  const length =
    method === "GET" || method === "HEAD" ? "" : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
  const head = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${key}\r\n${length}\r\n`;
  return { bytes: Buffer.from(head + body), isHead: method === "HEAD" };
}
