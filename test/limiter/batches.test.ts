import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { allScopes } from "../../src/core/auth/scopes.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ MAX_BATCH: "20" });
});
afterAll(() => server.close());

function sendBatch(key: string, queries: readonly string[]) {
  return server.send("/api/v1/graphql", {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", accept: "application/graphql-response+json" },
    body: JSON.stringify(queries.map((query) => ({ query }))),
  });
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `{ n${index}: __typename }`);
const isRejected = (item: { errors?: [{ extensions: { reason: string } }] }) =>
  item.errors?.[0].extensions.reason === "RATE_LIMIT_EXCEEDED";

test("A batch of ten costs ten.", async () => {
  const { key } = await server.addUser();
  const { headers } = await sendBatch(key, numbered(10));
  expect(headers.get("x-ratelimit-remaining")).toBe("490");
});

test("Of a batch for which too few are left the first operations pass, and the answer is 200.", async () => {
  const { key } = await server.addUser(undefined, allScopes, "4/1h");
  const { status, headers, body } = await sendBatch(key, numbered(6));
  expect(status).toBe(200);
  expect(body.slice(0, 4)).toEqual([0, 1, 2, 3].map((index) => ({ data: { [`n${index}`]: "Query" } })));
  expect(body.slice(4).map(isRejected)).toEqual([true, true]);
  expect(body[4].errors[0].extensions).toMatchObject({ code: "RATE_LIMITED", status: 429, retryAfter: 3_600, limit: 4, remaining: 0 });
  expect(body[4]).not.toHaveProperty("data");
  expect(headers.get("x-ratelimit-remaining")).toBe("0");
  expect(headers.get("retry-after")).toBeNull();
});

test("A batch of which none passes is 429 with Retry-After.", async () => {
  const { key } = await server.addUser(undefined, allScopes, "1/1h");
  await sendBatch(key, numbered(1));
  const { status, headers, body } = await sendBatch(key, numbered(3));
  expect([status, headers.get("retry-after")]).toEqual([429, "3600"]);
  expect(body.map(isRejected)).toEqual([true, true, true]);
});

test("A rejected operation of a batch is rejected before it is looked at.", async () => {
  const { key } = await server.addUser(undefined, allScopes, "1/1h");
  const { body } = await sendBatch(key, ["{ __typename }", "{", "{ nothing }"]);
  expect(body.map(isRejected)).toEqual([false, true, true]);
});

test("Batches at once never pass more than the limit, and never fewer.", async () => {
  const { key } = await server.addUser(undefined, allScopes, "100/1h");
  const answers = await Promise.all(Array.from({ length: 20 }, () => sendBatch(key, numbered(7))));
  const items = answers.flatMap(({ body }) => body);
  expect(items.filter((item) => !isRejected(item))).toHaveLength(100);
  expect(items.filter(isRejected)).toHaveLength(40);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(15);
});
