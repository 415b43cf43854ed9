import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_GRAPHQL: "300/1h", RATE_LIMIT_REST: "2/1h" });
  key = (await server.addUser()).key;
});
afterAll(() => server.close());

/** What the metrics have under these names and labels. */
async function read(series: string): Promise<number | undefined> {
  const { body } = await server.send("/metrics");
  const line = String(body)
    .split("\n")
    .find((text) => text.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

test("Requests are counted by surface and status, and timed by the names of their operations.", async () => {
  await server.query(key, "query Named { __typename }");
  await server.query(key, "query Named { nothing }");
  await server.send("/api/v1/projects", { headers: { authorization: `Bearer ${key}` } });

  expect(await read('backstory_requests_total{surface="graphql",status="200"}')).toBe(1);
  expect(await read('backstory_requests_total{surface="graphql",status="400"}')).toBe(1);
  expect(await read('backstory_requests_total{surface="rest",status="200"}')).toBe(1);
  expect(await read('backstory_request_duration_seconds_count{surface="graphql",operation="Named"}')).toBe(2);
  expect(await read('backstory_request_duration_seconds_count{surface="rest",operation="GET /projects"}')).toBe(1);
});

test("Errors are counted by code and reason, also those beside data.", async () => {
  await server.query(key, '{ viewer { id } one: project(id: "a") { id } two: project(id: "b") { id } }');
  expect(await read('backstory_errors_total{code="NOT_FOUND",reason="RESOURCE_NOT_FOUND"}')).toBe(2);
});

test("Decisions of the rate limits are counted by kind of budget.", async () => {
  const headers = { authorization: `Bearer ${key}` };
  await server.send("/api/v1/projects", { headers });
  expect((await server.send("/api/v1/projects", { headers })).status).toBe(429);
  expect(await read('backstory_limiter_decisions_total{budget="rest",outcome="granted"}')).toBe(2);
  expect(await read('backstory_limiter_decisions_total{budget="rest",outcome="refused"}')).toBe(1);
  expect(await read("backstory_limiter_store_up")).toBe(1);
});

test("Names beyond the first 200, and those of strangers, get no metrics.", async () => {
  await server.query(null, "query Stranger { __typename }");
  for (let number = 0; number < 220; number += 1) await server.query(key, `query Name${number} { __typename }`);

  const { body } = await server.send("/metrics");
  expect(body).toContain('operation="Name0"');
  expect(body).not.toMatch(/operation="(Name219|Stranger)"/);
  expect(await read('backstory_request_duration_seconds_count{surface="graphql",operation="other"}')).toBeGreaterThan(10);
});

test("The state of operations and of the connections to the database can be read.", async () => {
  expect(await read('backstory_operations{state="waiting"}')).toBe(0);
  expect(await read('backstory_database_connections{state="waiting"}')).toBe(0);
  expect((await server.send("/metrics", { method: "POST" })).status).toBe(405);
});
