import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { allScopes } from "../../src/core/auth/scopes.js";
import { read, uuid } from "../support/actions.js";
import { putBody, restClient } from "../support/rest.js";
import { startTestServer, type Answer, type TestServer } from "../support/server.js";

let server: TestServer;
/** Another one, whose limits are small. */
let small: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  small = await startTestServer({ RATE_LIMIT_REST: "5/1h", RATE_LIMIT_AUTH_FAILURES: "4/1m" });
});
afterAll(async () => {
  await server.close();
  await small.close();
});

const servers: TestServer[] = [];
afterEach(async () => {
  for (const limited of servers.splice(0)) await limited.close();
});

/** A server of one test alone, with these settings. */
async function limitedTo(settings: Readonly<Record<string, string>>): Promise<TestServer> {
  const limited = await startTestServer(settings);
  servers.push(limited);
  return limited;
}

const NAMES = ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "RateLimit", "RateLimit-Policy", "Retry-After"];
const limitsOf = ({ headers }: Answer) => Object.fromEntries(NAMES.map((name) => [name, headers.get(name)]));
const remaining = ({ headers }: Answer) => Number(headers.get("x-ratelimit-remaining"));
const statusesOf = (answers: readonly Answer[]) => answers.map(({ status }) => status);

/** Asks for the same a number of times, one after another. */
async function repeat(count: number, ask: () => Promise<Answer>): Promise<number[]> {
  const statuses: number[] = [];
  for (let turn = 0; turn < count; turn += 1) statuses.push((await ask()).status);
  return statuses;
}

test("By default a key has 1000 requests an hour, which the headers of every answer tell.", async () => {
  const { key } = await server.addUser();
  const reset = String(server.clock.now().getTime() / 1_000 + 3_600);
  expect(limitsOf(await restClient(server, key).get("/projects"))).toEqual({
    "X-RateLimit-Limit": "1000",
    "X-RateLimit-Remaining": "999",
    "X-RateLimit-Reset": reset,
    RateLimit: '"3600s";r=999;t=3600',
    "RateLimit-Policy": '"3600s";q=1000;w=3600',
    "Retry-After": null,
  });
});

test("Every request costs one, whatever comes of it, and every answer tells what is left.", async () => {
  const { key } = await server.addUser();
  const client = restClient(server, key);
  const path = `/projects/app/sessions/${uuid(1)}`;
  const answers = [
    await client.put(path, putBody()),
    await client.get(path),
    await client.get(path, { "if-none-match": "*" }),
    await client.head(path),
    await client.get("/projects/none/sessions"),
    await client.put(path, "no object"),
    await client.get("/sessions/recent?limit=0"),
    await client.delete(path),
    await client.post("/device-refresh", {}),
  ];
  expect(statusesOf(answers)).toEqual([201, 200, 304, 200, 404, 400, 400, 200, 200]);
  expect(answers.map(remaining)).toEqual([999, 998, 997, 996, 995, 994, 993, 992, 991]);
});

test("Of 20 requests at once with one key, at 5 an hour, exactly 5 pass.", async () => {
  const { key } = await small.addUser();
  small.clock.advance(500);
  const answers = await Promise.all(Array.from({ length: 20 }, () => restClient(small, key).get("/projects")));
  const rejected = answers.filter(({ status }) => status === 429);
  expect([answers.filter(({ status }) => status === 200).length, rejected.length]).toEqual([5, 15]);
  const resetAt = new Date(small.clock.now().getTime() + 3_600_000).toISOString();
  for (const { headers, body } of rejected) {
    const message = "Rate limit exceeded. Please try again in 3600 seconds.";
    const details = { retry_after: 3_600, limit: 5, remaining: 0, resetAt, requestId: headers.get("x-request-id") };
    expect(body).toEqual({ success: false, status: "failed", message, error: { code: "RATE_LIMIT_EXCEEDED", message, details } });
    expect(headers.get("retry-after")).toBe("3600");
    expect(headers.get("x-ratelimit-remaining")).toBe("0");
  }
});

test("The message, the details and Retry-After name the same seconds, rounded up, and after them the request passes.", async () => {
  const { key } = await server.addUser(undefined, allScopes, "1/1m");
  const ask = () => restClient(server, key).get("/projects");
  await ask();
  for (const [passed, seconds] of [
    [12_345, 48],
    [46_656, 1],
  ] as const) {
    // prettier-ignore
    server.clock.advance(passed);
    const { status, headers, body } = await ask();
    expect([status, headers.get("retry-after"), body.error.details.retry_after]).toEqual([429, String(seconds), seconds]);
    expect(body.message).toBe(`Rate limit exceeded. Please try again in ${seconds} second${seconds === 1 ? "" : "s"}.`);
  }
  server.clock.advance(1_000);
  expect((await ask()).status).toBe(200);
});

test("Problem details tell of a full window too.", async () => {
  const { key } = await server.addUser(undefined, allScopes, "1/1m");
  const client = restClient(server, key);
  await client.get("/projects");
  const { status, body } = await client.get("/projects", { accept: "application/problem+json" });
  expect(status).toBe(429);
  expect(body).toMatchObject({ status: 429, code: "RATE_LIMIT_EXCEEDED", retry_after: 60, limit: 1, remaining: 0 });
});

test("A rejected request costs nothing and does nothing, and the whole budget is back when the window ends.", async () => {
  const user = await server.addUser();
  const key = await server.addKey(user, allScopes, "2/1h");
  const client = restClient(server, key);
  expect(await repeat(2, () => client.get("/projects"))).toEqual([200, 200]);
  expect(await repeat(5, () => client.put(`/projects/refused/sessions/${uuid(2)}`, putBody()))).toEqual([429, 429, 429, 429, 429]);
  expect((await restClient(server, user.key).get("/projects")).body.data.projects).toEqual([]);
  server.clock.advance(3_599_999);
  expect((await client.get("/projects")).status).toBe(429);
  server.clock.advance(1);
  expect(await repeat(3, () => client.get("/projects"))).toEqual([200, 200, 429]);
});

test("Of several windows all hold, and the one that is full is named.", async () => {
  const limited = await limitedTo({ RATE_LIMIT_REST: "10/1h,3/1m" });
  const { key } = await limited.addUser();
  const ask = () => restClient(limited, key).get("/projects");
  expect(await repeat(3, ask)).toEqual([200, 200, 200]);
  const perMinute = await ask();
  expect(perMinute.body.error.details).toMatchObject({ limit: 3, remaining: 0, retry_after: 60 });
  expect(limitsOf(perMinute)).toMatchObject({
    "X-RateLimit-Limit": "3",
    "X-RateLimit-Remaining": "0",
    RateLimit: '"3600s";r=7;t=3600, "60s";r=0;t=60',
    "RateLimit-Policy": '"3600s";q=10;w=3600, "60s";q=3;w=60',
  });
  for (let minute = 0; minute < 2; minute += 1) {
    limited.clock.advance(60_000);
    expect(await repeat(4, ask)).toEqual([200, 200, 200, 429]);
  }
  limited.clock.advance(60_000);
  expect(await repeat(1, ask)).toEqual([200]);
  const perHour = await ask();
  expect(perHour.status).toBe(429);
  expect(perHour.body.error.details).toMatchObject({ limit: 10, remaining: 0, retry_after: 3_420 });
});

test("REST and GraphQL have separate budgets, also if the key has its own limit.", async () => {
  const limited = await limitedTo({ RATE_LIMIT_REST: "1/1h", RATE_LIMIT_GRAPHQL: "2/1h" });
  const user = await limited.addUser();
  const own = await limited.addKey(user, allScopes, "3/1h");
  for (const [key, rest, graphql] of [
    [user.key, 1, 2],
    [own, 3, 3],
  ] as const) {
    // prettier-ignore
    const byRest = await repeat(4, () => restClient(limited, key).get("/projects"));
    const byGraphQL = await repeat(4, () => limited.query(key, "{ __typename }"));
    expect(byRest.filter((status) => status === 200)).toHaveLength(rest);
    expect(byGraphQL.filter((status) => status === 200)).toHaveLength(graphql);
  }
});

test("Two keys of one user have separate budgets.", async () => {
  const user = await server.addUser(undefined, allScopes, "1/1h");
  const second = await server.addKey(user, allScopes, "1/1h");
  const statuses = [];
  for (const key of [user.key, user.key, second]) statuses.push((await restClient(server, key).get("/projects")).status);
  expect(statuses).toEqual([200, 429, 200]);
});

test("A device and its access tokens take from the budget of the key that made its code.", async () => {
  const { key } = await small.addUser();
  const code = (await read(small, key, "mutation { createDeviceCode { code } }")).createDeviceCode.code;
  const login = await restClient(small, null).post("/device-login", { device_code: code });
  const refresh = async () => (await restClient(small, login.body.refreshToken).post("/device-refresh", {})).body.accessToken;
  const tokens = [await refresh(), await refresh()];
  const answers = [];
  for (const token of [...tokens, ...tokens]) answers.push(await restClient(small, token).get("/projects"));
  expect(statusesOf(answers)).toEqual([200, 200, 200, 429]);
  expect((await restClient(small, key).get("/projects")).status).toBe(429);
});

test("Failed authentications and wrong device codes are limited together, by address, and a good key works still.", async () => {
  const { key } = await small.addUser();
  const from = (address: string, method: string, path: string, token: string, body: object | null = null) => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
    return small.send(`/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) }, address);
  };
  const attempts = [
    await from("192.0.2.7", "GET", "/projects", "wrong"),
    await from("192.0.2.7", "POST", "/device-refresh", "wrong"),
    await from("192.0.2.7", "POST", "/device-login", "x", { device_code: "WRONG1" }),
    await from("192.0.2.7", "POST", "/graphql", "wrong", { query: "{ __typename }" }),
    await from("192.0.2.7", "POST", "/device-login", "x", { device_code: "WRONG2" }),
    await from("192.0.2.7", "GET", "/projects", "wrong"),
    await from("192.0.2.7", "GET", "/projects", key),
    await from("192.0.2.8", "GET", "/projects", "wrong"),
  ];
  expect(statusesOf(attempts)).toEqual([401, 401, 401, 401, 429, 429, 200, 401]);
  expect(attempts[5]?.body.error).toMatchObject({ code: "RATE_LIMIT_EXCEEDED", details: { limit: 4, remaining: 0, retry_after: 60 } });
  expect(attempts[5]?.headers.get("retry-after")).toBe("60");
  small.clock.advance(60_000);
  expect((await from("192.0.2.7", "GET", "/projects", "wrong")).status).toBe(401);
});

test("From an address that has guessed too often no device code is taken, not even the right one, or guessing would pay.", async () => {
  const { key } = await small.addUser();
  const code = (await read(small, key, "mutation { createDeviceCode { code } }")).createDeviceCode.code;
  const signIn = (address: string, guess: string) => {
    const body = JSON.stringify({ device_code: guess });
    return small.send("/api/v1/device-login", { method: "POST", headers: { "content-type": "application/json" }, body }, address);
  };
  const guesses = await Promise.all(Array.from({ length: 20 }, (_, index) => signIn("192.0.2.17", `WRNG${10 + index}`)));
  expect(guesses.filter(({ status }) => status === 401)).toHaveLength(4);
  expect((await signIn("192.0.2.17", code)).status).toBe(429);
  expect((await signIn("192.0.2.18", code)).status).toBe(200);
});

test("A request without any token is no failed authentication.", async () => {
  const client = restClient(small, null);
  expect(await repeat(5, () => client.get("/projects"))).toEqual([401, 401, 401, 401, 401]);
  expect(await repeat(5, () => restClient(small, "wrong").get("/projects"))).toEqual([401, 401, 401, 401, 429]);
});

test("What needs no key tells nothing of budgets and uses up none.", async () => {
  const { key } = await server.addUser();
  const answers = [
    await restClient(server, key).get("/openapi.json"),
    await restClient(server, key).get("/nothing"),
    await restClient(server, key).post("/projects", {}),
  ];
  for (const answer of answers) expect(Object.values(limitsOf(answer))).toEqual(NAMES.map(() => null));
  expect(remaining(await restClient(server, key).get("/projects"))).toBe(999);
});
