import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { allScopes } from "../../src/core/auth/scopes.js";
import { rejectionOf } from "../support/rejection.js";
import { startTestServer, type Answer, type TestServer } from "../support/server.js";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const NAMES = ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "RateLimit", "RateLimit-Policy", "Retry-After"];
const limitsOf = ({ headers }: Answer) => Object.fromEntries(NAMES.map((name) => [name, headers.get(name)]));

test("Every answer to a key tells its budget in the usual headers and in those of the IETF's draft.", async () => {
  const { key } = await server.addUser();
  const now = server.clock.now().getTime() / 1_000;
  expect(limitsOf(await server.query(key, "{ __typename }"))).toEqual({
    "X-RateLimit-Limit": "500",
    "X-RateLimit-Remaining": "499",
    "X-RateLimit-Reset": String(now + 3_600),
    RateLimit: '"3600s";r=499;t=3600',
    "RateLimit-Policy": '"3600s";q=500;w=3600',
    "Retry-After": null,
  });
});

test("A rejection tells in whole seconds when to try again, in its headers, its message and its error.", async () => {
  const { key } = await server.addUser(undefined, allScopes, "1/1m");
  await server.query(key, "{ __typename }");
  const reset = server.clock.now().getTime() + 60_000;
  server.clock.advance(12_345);
  const answer = await server.query(key, "{ __typename }");
  expect(limitsOf(answer)).toEqual({
    "X-RateLimit-Limit": "1",
    "X-RateLimit-Remaining": "0",
    "X-RateLimit-Reset": String(Math.ceil(reset / 1_000)),
    RateLimit: '"60s";r=0;t=48',
    "RateLimit-Policy": '"60s";q=1;w=60',
    "Retry-After": "48",
  });
  expect(rejectionOf(answer)).toMatchObject({
    http: 429,
    status: 429,
    code: "RATE_LIMITED",
    reason: "RATE_LIMIT_EXCEEDED",
    retryable: true,
    message: "Rate limit exceeded. Please try again in 48 seconds.",
    retryAfter: 48,
    limit: 1,
    remaining: 0,
    resetAt: new Date(reset).toISOString(),
  });
});

test("X-RateLimit-Reset is rounded up, so that waiting until then suffices.", async () => {
  const { key } = await server.addUser(undefined, allScopes, "1/1m");
  server.clock.advance(1_001 - (server.clock.now().getTime() % 1_000));
  const { headers } = await server.query(key, "{ __typename }");
  const waitMs = Number(headers.get("x-ratelimit-reset")) * 1_000 - server.clock.now().getTime();
  expect(waitMs).toBe(60_999);
  server.clock.advance(waitMs);
  expect((await server.query(key, "{ __typename }")).status).toBe(200);
});

test("An answer to an invalid key tells nothing of budgets.", async () => {
  expect(Object.values(limitsOf(await server.query("wrong", "{ __typename }")))).toEqual(NAMES.map(() => null));
});

test("rateLimit agrees with the headers, and counts its own operation.", async () => {
  const { key } = await server.addUser();
  const query = "{ rateLimit { limit remaining used resetAt cost } }";
  await server.query(key, query);
  const { body, headers } = await server.query(key, query);
  const resetAt = new Date(server.clock.now().getTime() + 3_600_000).toISOString();
  expect(body).toEqual({ data: { rateLimit: { limit: 500, remaining: 498, used: 2, resetAt, cost: 1 } } });
  expect(headers.get("x-ratelimit-remaining")).toBe("498");
});

test("rateLimit needs a key, as there is no budget of one's own without.", async () => {
  const { body } = await server.query(null, "{ __typename rateLimit { remaining } }");
  expect(body.data).toEqual({ __typename: "Query", rateLimit: null });
  expect(body.errors).toMatchObject([{ path: ["rateLimit"], extensions: { reason: "MISSING_TOKEN" } }]);
});
