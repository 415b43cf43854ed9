import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { allScopes } from "../../src/core/auth/scopes.js";
import { rejectionOf } from "../support/rejection.js";
import { startTestServer, type Answer, type TestServer } from "../support/server.js";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const remaining = ({ headers }: Answer) => Number(headers.get("x-ratelimit-remaining"));
const ask = (key: string | null, query = "{ __typename }") => server.query(key, query);

test("Of 700 operations at once with one key, at 500 an hour, exactly 500 are answered and 200 are RATE_LIMITED.", async () => {
  const { key } = await server.addUser();
  const answers = await Promise.all(Array.from({ length: 700 }, () => ask(key)));
  const passed = answers.filter(({ status }) => status === 200);
  const rejected = answers.filter(({ status }) => status === 429);
  expect([passed.length, rejected.length]).toEqual([500, 200]);
  expect(passed.every(({ body }) => body.data.__typename === "Query")).toBe(true);
  for (const answer of rejected) expect(rejectionOf(answer)).toMatchObject({ code: "RATE_LIMITED", reason: "RATE_LIMIT_EXCEEDED" });
});

test("A rejected operation costs nothing, and the whole budget is back when the window ends.", async () => {
  const { key } = await server.addUser(undefined, allScopes, "2/1h");
  await ask(key);
  await ask(key);
  for (let attempt = 0; attempt < 5; attempt += 1) expect((await ask(key)).status).toBe(429);
  server.clock.advance(3_599_999);
  expect((await ask(key)).status).toBe(429);
  server.clock.advance(1);
  expect((await ask(key)).status).toBe(200);
  expect((await ask(key)).status).toBe(200);
  expect((await ask(key)).status).toBe(429);
});

test("An operation that is rejected does not run.", async () => {
  const user = await server.addUser(undefined, allScopes, "1/1h");
  await ask(user.key);
  const create = 'mutation { createProject(input: { id: "refused", name: "N" }) { project { id } } }';
  expect((await ask(user.key, create)).status).toBe(429);
  const other = await server.addKey(user, allScopes);
  expect((await ask(other, '{ project(id: "refused") { id } }')).body.data).toEqual({ project: null });
});

test.each([
  ["many root fields", "{ a: projects { id } b: projects { id } viewer { id } stats { totalProjects } }", 200],
  ["failing fields", '{ project(id: "none") { id } sessions(limit: 0) { id } }', 200],
  ["one that does not parse", "{", 400],
  ["one that does not validate", "{ nothing }", 400],
  ["one whose variables do not coerce", "query ($id: ID!) { project(id: $id) { id } }", 400],
  ["one beyond the abuse limits", `{ ${"a: __typename ".repeat(51)} }`, 400],
  ["one that names no operation", "query A { __typename } query B { __typename }", 400],
  ["introspection", "{ __schema { types { name } } }", 200],
  ["the question what is left", "{ rateLimit { remaining } }", 200],
])("An operation costs one: %s.", async (_what, query, status) => {
  const { key } = await server.addUser();
  expect(remaining(await ask(key))).toBe(499);
  const answer = await ask(key, query);
  expect([answer.status, remaining(answer)]).toEqual([status, 498]);
});

test.each<[string, { method?: string; headers?: Record<string, string>; body?: string }]>([
  ["broken JSON", { body: "{" }],
  ["another media type", { headers: { "content-type": "text/plain" } }],
  ["an answer that nobody could read", { headers: { accept: "image/png" } }],
  ["a batch that is too large", { body: JSON.stringify(Array.from({ length: 11 }, () => ({ query: "{ __typename }" }))) }],
  ["another method", { method: "PUT" }],
])("A request in which no operation was read costs nothing, and still tells what is left: %s.", async (_what, { headers, ...init }) => {
  const { key } = await server.addUser();
  expect(remaining(await ask(key))).toBe(499);
  const answer = await server.send("/api/v1/graphql", {
    method: "POST",
    body: '{"query":"{ __typename }"}',
    ...init,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
  });
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(remaining(answer)).toBe(499);
});

test("Each key has its own budget, also two keys of one user.", async () => {
  const user = await server.addUser(undefined, allScopes, "1/1h");
  const second = await server.addKey(user, allScopes, "1/1h");
  expect((await ask(user.key)).status).toBe(200);
  expect((await ask(user.key)).status).toBe(429);
  expect((await ask(second)).status).toBe(200);
});

test.each([
  ["more", "600/1h", 600],
  ["less", "3/1m", 3],
])("A key's own limit replaces the default: %s.", async (_what, limit, count) => {
  const { key } = await server.addUser(undefined, allScopes, limit);
  const answers = await Promise.all(Array.from({ length: count + 20 }, () => ask(key)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(count);
});

test("Callers without a token share a budget per address, which introspection counts against.", async () => {
  const limited = await startTestServer({ RATE_LIMIT_GRAPHQL: "3/1h" });
  const { key } = await limited.addUser();
  const init = { method: "POST", headers: { "content-type": "application/json", accept: "application/graphql-response+json" } };
  const askFrom = (address: string, query: string, headers = {}) =>
    limited.send("/api/v1/graphql", { ...init, headers: { ...init.headers, ...headers }, body: JSON.stringify({ query }) }, address);

  expect((await askFrom("192.0.2.10", "{ __schema { queryType { name } } }")).status).toBe(200);
  expect((await askFrom("192.0.2.10", "{ errorCatalog { code } }")).status).toBe(200);
  expect((await askFrom("192.0.2.10", "{ projects { id } }")).status).toBe(401);
  expect(rejectionOf(await askFrom("192.0.2.10", "{ __schema { queryType { name } } }"))).toMatchObject({ http: 429, limit: 3 });
  expect((await askFrom("192.0.2.11", "{ __typename }")).status).toBe(200);
  expect((await askFrom("192.0.2.10", "{ __typename }", { authorization: `Bearer ${key}` })).status).toBe(200);
  await limited.close();
});

test("GraphiQL's page costs nothing.", async () => {
  const { headers } = await server.send("/api/v1/graphql", { headers: { accept: "text/html" } }, "192.0.2.20");
  expect(headers.get("x-ratelimit-limit")).toBeNull();
  expect(remaining(await server.send("/api/v1/graphql?query={__typename}", {}, "192.0.2.20"))).toBe(499);
});
