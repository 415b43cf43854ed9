import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { rejectionOf } from "../support/rejection.js";
import { startTestServer, type TestServer } from "../support/server.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let server: TestServer;
let key: string;
let start: number;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_GRAPHQL: "5/1h,3/1m" });
});
beforeEach(async () => {
  key = (await server.addUser()).key;
  start = server.clock.now().getTime();
});
afterAll(() => server.close());

const ask = () => server.query(key, "{ __typename }");
const iso = (ms: number) => new Date(ms).toISOString();

async function statuses(count: number): Promise<number[]> {
  const found: number[] = [];
  for (let index = 0; index < count; index += 1) found.push((await ask()).status);
  return found;
}

test("Several windows all hold, and the error and the headers name the one that is full.", async () => {
  expect(await statuses(3)).toEqual([200, 200, 200]);
  const minute = await ask();
  expect(rejectionOf(minute)).toMatchObject({ limit: 3, remaining: 0, retryAfter: 60, resetAt: iso(start + MINUTE) });
  expect(minute.headers.get("x-ratelimit-limit")).toBe("3");

  server.clock.advance(MINUTE);
  expect(await statuses(2)).toEqual([200, 200]);
  const hour = await ask();
  expect(rejectionOf(hour)).toMatchObject({ limit: 5, remaining: 0, retryAfter: 59 * 60, resetAt: iso(start + HOUR) });
  expect(hour.headers.get("x-ratelimit-limit")).toBe("5");
});

test("What one window rejects costs nothing in the other.", async () => {
  expect(await statuses(10)).toEqual([200, 200, 200, 429, 429, 429, 429, 429, 429, 429]);
  server.clock.advance(MINUTE);
  expect(await statuses(3)).toEqual([200, 200, 429]);
});

test("What one window rejects does not begin the other.", async () => {
  await statuses(3);
  server.clock.advance(MINUTE);
  await statuses(2);
  server.clock.advance(58 * MINUTE + 30_000);
  expect(await statuses(1)).toEqual([429]);
  server.clock.advance(30_000);
  // Both windows are whole: had the rejection begun a minute, its budget would be whole only in half of one.
  const { headers } = await ask();
  expect(headers.get("ratelimit")).toBe('"3600s";r=4;t=3600, "60s";r=2;t=60');
});

test("Where both are full, the one that stays full longer is named.", async () => {
  await statuses(2);
  server.clock.advance(MINUTE);
  await statuses(3);
  expect(rejectionOf(await ask())).toMatchObject({ limit: 5, retryAfter: 59 * 60 });
});

test("While neither is full, the headers show the window with the least left.", async () => {
  const { headers } = await ask();
  expect([headers.get("x-ratelimit-limit"), headers.get("x-ratelimit-remaining")]).toEqual(["3", "2"]);
  expect(headers.get("ratelimit-policy")).toBe('"3600s";q=5;w=3600, "60s";q=3;w=60');
});

test("Waiting as long as retryAfter says always suffices.", async () => {
  server.clock.advance(1);
  await statuses(3);
  server.clock.advance(500);
  const { retryAfter } = rejectionOf(await ask());
  expect(retryAfter).toBe(60);
  server.clock.advance(retryAfter * 1_000);
  expect((await ask()).status).toBe(200);
});
