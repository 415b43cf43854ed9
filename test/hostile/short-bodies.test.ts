import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createProject, uuid } from "../support/actions.js";
import { failureOf, putBody, restClient } from "../support/rest.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

const MOST = 2_000_000;

let server: TestServer;
let user: TestUser;
beforeAll(async () => {
  server = await startTestServer();
  user = await server.addUser();
  await createProject(server, user.key, { id: "p" });
});
afterAll(() => server.close());

/** Every address that takes a body with a key, but for the one that stores sessions. */
const ADDRESSES: [method: string, path: string, body: object][] = [
  ["PATCH", "/projects/p", { name: "renamed" }],
  ["POST", "/search/resume", { query: "word" }],
];

function send(method: string, path: string, body: BodyInit, encoding: object = {}) {
  const headers = { authorization: `Bearer ${user.key}`, "content-type": "application/json", ...encoding };
  return server.send(`/api/v1${path}`, { method, headers, body });
}

test.each(ADDRESSES)("%s %s takes 2,000,000 bytes and no more, zipped or not.", async (method, path, value) => {
  const body = (bytes: number) => JSON.stringify(value).padEnd(bytes, " ");
  const zipped = (bytes: number) => send(method, path, gzipSync(body(bytes)), { "content-encoding": "gzip" });
  expect((await send(method, path, body(MOST))).status).toBe(200);
  expect((await zipped(MOST)).status).toBe(200);
  for (const answer of [await send(method, path, body(MOST + 1)), await zipped(MOST + 1)]) {
    expect(failureOf(answer)).toMatchObject({ http: 413, code: "INVALID_PARAMETER", limit: MOST });
  }
});

test("A session may be longer than that.", async () => {
  const client = restClient(server, user.key);
  expect((await client.put(`/projects/p/sessions/${uuid(1)}`, putBody({ markdown: "word ".repeat(500_000) }))).status).toBe(201);
});
