import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer();
  key = (await server.addUser()).key;
});
afterAll(() => server.close());

const ask = (headers: Record<string, string>, query = '{ project(id: "none") { id } }') => server.query(key, query, undefined, headers);

test.each(["7f9c1c1e-7d0d-4a0b-9a54-3f1b0b6c2a11", "a", "trace:1-67891233-abcdef012345678912345678/9+8=7", "x".repeat(128)])(
  "A sane X-Request-Id is the request's id in the header, in every error and in every log line: %s.",
  async (id) => {
    server.lines.length = 0;
    const { headers, body } = await ask({ "x-request-id": id });
    expect(headers.get("x-request-id")).toBe(id);
    expect(body.errors[0].extensions.requestId).toBe(id);
    expect(server.lines.length).toBeGreaterThan(0);
    expect(server.lines.every(({ requestId }) => requestId === id)).toBe(true);
  },
);

test.each(["", "x".repeat(129), "<script>alert(1)</script>", "two words", 'quote"d', "ünïcode"])(
  "Another X-Request-Id is replaced by one of ours: %j.",
  async (id) => {
    const { headers, body } = await ask({ "x-request-id": id });
    expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect(body.errors[0].extensions.requestId).toBe(headers.get("x-request-id"));
  },
);

test("Every request without an id gets a new one.", async () => {
  const ids = await Promise.all(Array.from({ length: 5 }, async () => (await ask({})).headers.get("x-request-id")));
  expect(new Set(ids).size).toBe(5);
});

test("The log has one line a request, with the operation's name, the key, the status and the errors' reasons.", async () => {
  server.lines.length = 0;
  const { headers } = await ask({}, 'query FindIt { project(id: "none") { id } sessions(limit: 0) { id } }');
  const lines = server.lines.filter(({ msg }) => msg === "request");
  expect(lines).toMatchObject([
    {
      requestId: headers.get("x-request-id"),
      method: "POST",
      path: "/api/v1/graphql",
      status: 200,
      operations: ["FindIt"],
      errors: ["INVALID_PARAMETER", "RESOURCE_NOT_FOUND"],
    },
  ]);
  const [{ id }] = (await server.query(key, "{ viewer { apiKeys { id } } }")).body.data.viewer.apiKeys;
  expect(lines[0]?.keyId).toBe(id);
});

test.each(["/healthz", "/readyz", "/metrics"])(
  "The log tells of %s at debug, unless it fails, since it is asked again and again.",
  async (path) => {
    server.lines.length = 0;
    await server.send(path);
    await server.send(path, { method: "POST" });
    const lines = server.lines.filter(({ msg }) => msg === "request");
    expect(lines).toMatchObject([
      { level: 20, path, status: 200 },
      { level: 30, path, status: 405, errors: ["ENDPOINT_NOT_FOUND"] },
    ]);
  },
);

test("The log names the operations of a batch, and no more of a name than a line can hold.", async () => {
  server.lines.length = 0;
  const long = "N".repeat(100_000);
  const batch = [`query First { __typename }`, "{ __typename }", `query ${long} { __typename }`].map((query) => ({ query }));
  await server.send("/api/v1/graphql", {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(batch),
  });
  expect(server.lines.at(-1)).toMatchObject({ msg: "request", operations: ["First", long.slice(0, 100)] });
});

test("No line of the log holds a key, a query's text or its variables.", async () => {
  server.lines.length = 0;
  await server.query(key, "query Named($id: ID!) { project(id: $id) { name } }", { id: "secret-project-id" });
  await server.query("bks_live_wrong", "{ __typename }");
  const log = JSON.stringify(server.lines);
  expect(log).toContain("Named");
  expect(log).not.toMatch(new RegExp(`${key}|bks_live_wrong|secret-project-id|\\$id`));
});
