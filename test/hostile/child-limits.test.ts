import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { run } from "../support/actions.js";
import { credentialsOf } from "../support/credentials.js";
import { restClient } from "../support/rest.js";
import { startTestServer, type Answer, type TestServer, type TestUser } from "../support/server.js";

let server: TestServer;
let make: ReturnType<typeof credentialsOf>;
let user: TestUser;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_GRAPHQL: "500/1h,60/1m", RATE_LIMIT_REST: "300/1h", MAX_KEYS_PER_USER: "1000" });
  make = credentialsOf(server);
  user = await server.addUser();
});
afterAll(() => server.close());

const addManager = (rateLimit?: string) => server.addKey(user, ["keys:manage", "projects:read"], rateLimit);
const limitOf = ({ headers }: Answer) => [headers.get("ratelimit-policy"), headers.get("x-ratelimit-remaining")];

describe("A child's limit is compared with its parent's by hourly rates, window by window", () => {
  test.each([
    ["20/1h", "20/1h"],
    ["20/1h", "1/1h"],
    ["20/1h", "1/3m"],
    ["20/1h", "480/1d"],
    ["20/1h", "20/60m,5/1m"],
    ["20/1h,5/1m", "20/1h,5/1m"],
    ["20/1h,5/1m", "5/1m,20/1h"],
    ["20/1h,5/1m", "20/1h"],
    ["20/1h,5/1m", "10/1h,4/30s"],
  ])("so that one of %s may make one of %s.", async (own, asked) => {
    const { errors } = await make.createKey(await addManager(own), { rateLimit: asked });
    expect(errors).toEqual([]);
  });

  test.each([
    ["20/1h", "999999999/1s"],
    ["20/1h", "21/1h"],
    ["20/1h", "1/1m"],
    ["20/1h", "1/179s"],
    ["20/1h", "481/1d"],
    ["20/1h", "20/1h,999999999/1s"],
    ["20/1h", "999999999/1s,20/1h"],
    ["20/1h", "21/1h,1/1d"],
    ["20/1h,5/1m", "5/1m"],
    ["20/1h,5/1m", "20/1h,6/1m"],
    ["20/1h,5/1m", "21/1h,5/1m"],
  ])("so that one of %s may not make one of %s: VALIDATION_ERROR, with admin too.", async (own, asked) => {
    const admin = await server.addKey(user, ["admin", "projects:read", "keys:manage"], own);
    for (const key of [await addManager(own), admin]) {
      const { payload, errors } = await make.createKey(key, { rateLimit: asked });
      expect(payload).toBeNull();
      expect(errors).toMatchObject([{ code: "VALIDATION_ERROR", reason: "INVALID_PARAMETER", fields: [{ path: ["input", "rateLimit"] }] }]);
    }
  });
});

describe("A key without a limit of its own", () => {
  test.each(["300/1h", "100/1h,10/1m", "60/1h"])("may make one of %s, which is within both defaults.", async (rateLimit) => {
    expect((await make.createKey(await addManager(), { rateLimit })).errors).toEqual([]);
  });

  test.each(["301/1h", "500/1h,60/1m", "60/1m", "300/1h,61/1m", "999999999/1s"])(
    "needs admin to make one of %s, which is more than a default.",
    async (rateLimit) => {
      const { errors } = await make.createKey(await addManager(), { rateLimit });
      expect(errors).toMatchObject([{ code: "FORBIDDEN", reason: "INSUFFICIENT_SCOPE", requiredScope: "admin" }]);
      const admin = await server.addKey(user, ["admin", "projects:read", "keys:manage"]);
      expect((await make.createKey(admin, { rateLimit })).errors).toEqual([]);
    },
  );
});

test("A child without a limit of its own has that of its parent, and its own child too, each with a budget of its own.", async () => {
  const parent = await addManager("3/1h");
  const { key: child } = await make.addKey(parent);
  const { key: grandchild } = await make.addKey(child);
  for (const key of [child, grandchild]) {
    const answer = await restClient(server, key).get("/projects");
    expect(limitOf(answer)).toEqual(['"3600s";q=3;w=3600', "2"]);
  }
});

test("A device and all its access tokens share the budgets of the key that made it, on both surfaces, however many sign in.", async () => {
  const key = await server.addKey(user, ["projects:read"], "6/1h");
  const [first, second] = [await make.addDevice(key), await make.addDevice(key)]; // two operations for their codes
  const tokens = [await make.addAccessToken(first), await make.addAccessToken(second), await make.addAccessToken(key)]; // three requests
  const remaining = async (token: string) => (await restClient(server, token).get("/projects")).headers.get("x-ratelimit-remaining");
  expect([await remaining(tokens[0] ?? ""), await remaining(tokens[1] ?? ""), await remaining(key)]).toEqual(["2", "1", "0"]);
  for (const token of [key, ...tokens]) expect((await restClient(server, token).get("/projects")).status).toBe(429);

  const used = "{ rateLimit { used limit } }";
  const operations: unknown[] = [];
  for (const token of [key, ...tokens]) operations.push((await run(server, token, used)).data.rateLimit);
  expect(operations).toEqual([3, 4, 5, 6].map((count) => ({ used: count, limit: 6 })));
  for (const token of [key, ...tokens]) expect((await run(server, token, used)).status).toBe(429);
});

test("A device shares the limits of single fields with its key as well.", async () => {
  const key = await server.addKey(user, ["projects:read", "sessions:read"]);
  const token = await make.addAccessToken(await make.addDevice(key));
  const many = `{ ${Array.from({ length: 30 }, (_, index) => `f${index}: analytics(timeRange: { start: "2026-01-01T00:00:00Z" }) { totalSessions }`).join(" ")} }`;
  expect((await run(server, key, many)).errors).toEqual([]);
  expect((await run(server, token, many)).errors).toEqual([]);
  expect((await run(server, token, many)).errors).toHaveLength(30);
});
