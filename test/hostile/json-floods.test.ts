import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { uuid } from "../support/actions.js";
import { rejectionOf } from "../support/rejection.js";
import { failureOf, putBody, restClient } from "../support/rest.js";
import { startTestServer, type TestServer } from "../support/server.js";

const MOST = 100_000;
const PATH = `/projects/app/sessions/${uuid(1)}`;

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer();
  key = (await server.addUser()).key;
});
afterAll(() => server.close());

function send(method: string, path: string, body: BodyInit, headers: Readonly<Record<string, string>> = {}) {
  const given = { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers };
  return server.send(`/api/v1${path}`, { method, headers: given, body });
}

const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
const inside = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
const put = (field: string, json: string) => `${JSON.stringify(putBody()).slice(0, -1)},"${field}":${json}}`;

const tooMany = { http: 400, message: `The body has more than ${MOST} values`, limit: MOST };

test.each([
  ["arrays in a variable", `{"query":"{ __typename }","variables":{"x":${nested(MOST)}}}`],
  ["objects in a variable", `{"query":"{ __typename }","variables":{"x":${inside(MOST)}}}`],
  ["arrays in the extensions", `{"query":"{ __typename }","extensions":{"x":${nested(MOST)}}}`],
  ["arrays in an operation of a batch", `[{"query":"{ __typename }"},${nested(MOST)}]`],
  ["arrays instead of an operation", nested(MOST + 1)],
  ["arrays that never end", "[".repeat(1_000_000)],
  ["operations of nothing in a batch", `[${"{},".repeat(MOST)}{}]`],
])("A hundred thousand %s are rejected before they are made.", async (_what, body) => {
  expect(rejectionOf(await send("POST", "/graphql", body))).toMatchObject({ ...tooMany, reason: "INVALID_PARAMETER" });
});

test.each([
  ["arrays in the metadata", put("metadata", `{"tags":${nested(MOST)}}`)],
  ["objects in the metadata", put("metadata", inside(MOST))],
  ["tags", put("metadata", `{"tags":[${'"",'.repeat(MOST)}""]}`)],
  ["fields that no session has", put("metadata", `{${'"x":1,'.repeat(MOST)}"x":1}`)],
  ["arrays in a field that is not read", put("unknown", nested(MOST))],
])("A session with a hundred thousand %s is rejected, and not stored.", async (_what, body) => {
  expect(failureOf(await send("PUT", PATH, body))).toMatchObject({ ...tooMany, code: "INVALID_PARAMETER" });
  expect((await restClient(server, key).get("/projects")).body.data.total).toBe(0);
});

test("Some kilobytes that unzip to a hundred million bytes of brackets are rejected like any other.", async () => {
  const bomb = gzipSync(put("unknown", nested(50_000_000)));
  expect(bomb.byteLength).toBeLessThan(500_000);
  expect(failureOf(await send("PUT", PATH, bomb, { "content-encoding": "gzip" }))).toMatchObject(tooMany);
});

test("A body of exactly as many values is read, and one more is rejected.", async () => {
  const withNumbers = (count: number) => `{"query":"{ __typename }","extensions":{"x":[${"0,".repeat(count - 1)}0]}}`;
  const others = 4; // the body, the query, the extensions, the list
  expect((await send("POST", "/graphql", withNumbers(MOST - others))).body).toEqual({ data: { __typename: "Query" } });
  expect(rejectionOf(await send("POST", "/graphql", withNumbers(MOST - others + 1)))).toMatchObject(tooMany);
});

test("Brackets, commas, quotes and backslashes within a text are no values, however many.", async () => {
  const markdown = '[{,"\\'.repeat(MOST);
  const rawData = `${JSON.stringify({ said: '"[[[\\' })}\n`.repeat(20_000);
  expect((await send("PUT", PATH, JSON.stringify(putBody({ markdown, rawData })))).status).toBe(201);
  expect((await restClient(server, key).get(PATH)).body.data.session).toMatchObject({ markdownContent: markdown });
});
