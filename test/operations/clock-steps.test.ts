import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { rejectionOf } from "../support/rejection.js";
import { startTestServer, type TestServer } from "../support/server.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let server: TestServer;
let id: string;
let key: string;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_GRAPHQL: "3/1m", RATE_LIMIT_REST: "3/1m", RATE_LIMIT_AUTH_FAILURES: "3/1m" });
});
beforeEach(async () => {
  ({ id, key } = await server.addUser());
});
afterAll(() => server.close());

const ask = (text = key) => server.query(text, "{ __typename }");

/** Stores a last use, waits for what is written, and reads it. */
async function lastUse(): Promise<string | undefined> {
  await ask();
  await server.settled();
  const [found] = await server.services.apiKeys.list(id, { limit: 1, offset: 0 });
  return found?.lastUsedAt?.toISOString();
}

/** All the time that unnamed operations took so far, in seconds. */
async function duration(): Promise<number> {
  const { body } = await server.send("/metrics");
  const line = /^backstory_request_duration_seconds_sum\{surface="graphql",operation="unnamed"\} (.+)$/m.exec(String(body));
  return Number(line?.[1] ?? 0);
}

describe.each([
  ["back by an hour", -HOUR],
  ["back by a day", -DAY],
  ["forward by a day", DAY],
])("When the system's time is set %s,", (_step, stepMs) => {
  test("a full window neither ends nor lasts longer, and a client is told the true time to wait.", async () => {
    for (let time = 0; time < 3; time += 1) expect((await ask()).status).toBe(200);
    server.clock.advance(MINUTE / 2);
    server.clock.step(stepMs);

    const rejected = await ask();
    const resetAt = new Date(server.clock.now().getTime() + MINUTE / 2).toISOString();
    expect(rejectionOf(rejected)).toMatchObject({ http: 429, retryAfter: 30, resetAt });
    expect(rejected.headers.get("ratelimit")).toBe('"60s";r=0;t=30');

    server.clock.advance(MINUTE / 2);
    expect((await ask()).status).toBe(200);
  });

  test("REST's windows and those of failed authentications last as long as before.", async () => {
    const read = async (text: string) => (await server.send("/api/v1/projects", { headers: { authorization: `Bearer ${text}` } })).status;
    for (let time = 0; time < 3; time += 1) expect([await read(key), await read("wrong")]).toEqual([200, 401]);
    server.clock.step(stepMs);
    expect([await read(key), await read("wrong")]).toEqual([429, 429]);
    server.clock.advance(MINUTE);
    expect([await read(key), await read("wrong")]).toEqual([200, 401]);
  });

  test("the pause after a last use that could not be stored lasts a minute.", async () => {
    await server.prisma.$executeRaw`CREATE RULE keep AS ON UPDATE TO "ApiKey" DO INSTEAD SELECT 1 / 0`;
    await lastUse();
    await server.prisma.$executeRaw`DROP RULE keep ON "ApiKey"`;
    expect(server.takeLog()).toHaveLength(1);
    server.clock.step(stepMs);
    server.clock.advance(MINUTE - 1);
    expect(await lastUse()).toBeUndefined();
    server.clock.advance(1);
    expect(await lastUse()).toBe(server.clock.now().toISOString());
  });

  test("the last use of a key is stored with the new time.", async () => {
    await lastUse();
    server.clock.step(stepMs);
    server.forgetKeys();
    expect(await lastUse()).toBe(server.clock.now().toISOString());
  });

  test("the log and the metrics tell how long a request took.", async () => {
    const lines = server.lines.length;
    const before = await duration();
    const answering = ask();
    server.clock.step(stepMs);
    server.clock.advance(20);
    expect((await answering).status).toBe(200);
    expect(server.lines.slice(lines).find(({ path }) => path === "/api/v1/graphql")).toMatchObject({ durationMs: 20 });
    expect((await duration()) - before).toBeCloseTo(0.02);
  });
});

test("A clock of another instance that is a little ahead does not make each use of a key a write.", async () => {
  server.clock.step(MINUTE / 2);
  const used = await lastUse();
  server.clock.step(-MINUTE / 2);
  server.forgetKeys();
  expect(await lastUse()).toBe(used);
});
