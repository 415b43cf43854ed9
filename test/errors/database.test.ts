import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { rejectionOf } from "../support/rejection.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer();
  key = (await server.addUser()).key;
  await server.loseDatabase();
});
afterAll(async () => {
  server.takeLog();
  await server.close();
});

const unavailable = { code: "SERVICE_UNAVAILABLE", reason: "UPSTREAM_UNAVAILABLE", status: 503, retryable: true };

test.each(["application/graphql-response+json", "application/json"])(
  "Without a database no key can be checked, and the whole request is 503 in %s.",
  async (accept) => {
    const answer = await server.query(key, "{ __typename projects { id } }", undefined, { accept });
    expect(rejectionOf(answer)).toMatchObject({ http: 503, ...unavailable });
    expect(answer.body.errors).toHaveLength(1);
  },
);

test("Without a database a batch is rejected as a whole.", async () => {
  const answer = await server.send("/api/v1/graphql", {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify([{ query: "{ __typename }" }, { query: "{ __typename }" }]),
  });
  expect(rejectionOf(answer)).toMatchObject({ http: 503, ...unavailable });
});

test("What needs no database is answered without one.", async () => {
  const { status, body } = await server.query(null, "{ __typename errorCatalog { code } __schema { queryType { name } } }");
  expect(status).toBe(200);
  expect(body).toMatchObject({ data: { __typename: "Query" } });
  expect(body).not.toHaveProperty("errors");
  expect((await server.send("/healthz")).status).toBe(200);
});

test("Without a database the server is not ready.", async () => {
  const { status, body } = await server.send("/readyz");
  expect(status).toBe(503);
  expect(body).toMatchObject({ success: false, status: "failed", error: { code: "UPSTREAM_UNAVAILABLE" } });
});

test("The loss of the database is a warning with the request's id, not a bug of ours.", async () => {
  server.takeLog();
  const { headers } = await server.query(key, "{ projects { id } }");
  expect(server.takeLog()).toMatchObject([
    { level: 40, msg: "upstream failure", reason: "UPSTREAM_UNAVAILABLE", requestId: headers.get("x-request-id") },
  ]);
});

test("A lost database is no failed authentication: it uses up nothing of the address's allowance.", async () => {
  const statuses = new Set<number>();
  for (let attempt = 0; attempt < 70; attempt += 1) statuses.add((await server.query(key, "{ __typename }")).status);
  expect([...statuses]).toEqual([503]);
});
