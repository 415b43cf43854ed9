import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createFallbackStore, type FailureRule } from "../../src/core/limits/fallback-store.js";
import { CounterError, type LimiterStore } from "../../src/core/limits/limiter.js";
import { createMemoryStore } from "../../src/core/limits/memory-store.js";
import { parsePolicy } from "../../src/core/limits/policy.js";
import { openLimiterStore } from "../../src/core/limits/open-store.js";
import { createMetrics } from "../../src/platform/metrics.js";
import { createLogger } from "../../src/platform/logger.js";
import { startTestServer } from "../support/server.js";
import { systemClock } from "../../src/platform/clock.js";

const policy = parsePolicy("2/1h") ?? [];

let nowMs: number;
let isLost: boolean;
let asked: number;
let passSecond: () => void;
let lines: string[];
let changes: boolean[];
beforeEach(() => {
  nowMs = Date.parse("2026-06-15T12:00:00.000Z");
  isLost = false;
  asked = 0;
  passSecond = () => undefined;
  lines = [];
  changes = [];
});

const clock = {
  ...systemClock,
  now: () => new Date(nowMs),
  wait: (_ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      passSecond = resolve;
      signal?.addEventListener("abort", () => reject(new Error("closed")));
    }),
};
const logger = () => createLogger("info", { write: (line: string) => void lines.push((JSON.parse(line) as { msg: string }).msg) });

/** A shared store that can be lost, beneath the rule. */
function startStore(rule: FailureRule): LimiterStore {
  const memory = createMemoryStore(clock);
  const shared: LimiterStore = {
    ...memory,
    consume(...unit) {
      asked += 1;
      return isLost ? Promise.reject(new Error("connection lost")) : memory.consume(...unit);
    },
    check: () => (isLost ? Promise.reject(new Error("connection lost")) : Promise.resolve()),
  };
  return createFallbackStore({
    shared,
    local: createMemoryStore(clock),
    rule,
    clock,
    logger: logger(),
    onChange: (isUp) => void changes.push(isUp),
  });
}

async function ask(store: LimiterStore, times: number): Promise<number[]> {
  const granted = [];
  for (let time = 0; time < times; time += 1) granted.push((await store.consume("k", policy, 1)).granted);
  return granted;
}

test("While the shared store is lost, the rule local limits each process by itself.", async () => {
  const store = startStore("local");
  expect(await ask(store, 1)).toEqual([1]);
  isLost = true;
  expect(await ask(store, 4)).toEqual([1, 1, 0, 0]);
});

test("The rule open lets all pass, and says what the windows would be.", async () => {
  const store = startStore("open");
  isLost = true;
  expect(await ask(store, 4)).toEqual([1, 1, 1, 1]);
  expect((await store.consume("k", policy, 1)).windows).toEqual([{ limit: 2, windowMs: 3_600_000, used: 0, resetAtMs: nowMs + 3_600_000 }]);
});

test("The rule closed rejects with UPSTREAM_UNAVAILABLE.", async () => {
  const store = startStore("closed");
  isLost = true;
  await expect(async () => store.consume("k", policy, 1)).rejects.toMatchObject({ reason: "UPSTREAM_UNAVAILABLE", httpStatus: 503 });
});

test("The shared store is asked again after a second, goes on where it was, and the log says once that it was lost and is back.", async () => {
  const store = startStore("local");
  expect(await ask(store, 1)).toEqual([1]);
  isLost = true;
  await ask(store, 3);
  isLost = false;
  expect(await ask(store, 1)).toEqual([0]);
  passSecond();
  await setImmediate();
  expect(await ask(store, 2)).toEqual([1, 0]);
  expect(changes).toEqual([false, true]);
  expect(lines).toEqual(["Redis is lost; RATE_LIMIT_FAIL decides", "Redis is back"]);
});

test("No request asks a store that is lost: it is checked beside them, until it is back.", async () => {
  const store = startStore("local");
  isLost = true;
  await ask(store, 3);
  passSecond();
  await setImmediate();
  await ask(store, 3);
  expect(asked).toBe(1);
  expect(changes).toEqual([false]);

  isLost = false;
  passSecond();
  await setImmediate();
  await ask(store, 1);
  expect(asked).toBe(2);
  expect(changes).toEqual([false, true]);
});

test("A lost store that a readiness check finds again is used at once.", async () => {
  const store = startStore("closed");
  isLost = true;
  await expect(async () => store.consume("k", policy, 1)).rejects.toMatchObject({ httpStatus: 503 });
  isLost = false;
  await store.check();
  expect(await ask(store, 1)).toEqual([1]);
});

test("A closed store is checked no more.", async () => {
  const store = startStore("local");
  isLost = true;
  await ask(store, 1);
  await store.close();
  isLost = false;
  passSecond();
  await setImmediate();
  expect(changes).toEqual([false]);
});

test("A step of the system's time neither shortens nor lengthens how long a broken counter is not named again.", async () => {
  const memory = createMemoryStore(clock);
  let monotonicMs = 0;
  const store = createFallbackStore({
    shared: { ...memory, consume: () => Promise.reject(new CounterError("no counter")) },
    local: memory,
    rule: "local",
    clock: { ...clock, monotonicMs: () => monotonicMs },
    logger: logger(),
    onChange: (isUp) => void changes.push(isUp),
  });
  const namedAfter = async (elapsedMs: number, stepMs: number) => {
    monotonicMs += elapsedMs;
    nowMs += elapsedMs + stepMs;
    await ask(store, 2);
    await setImmediate();
    return lines.length;
  };
  expect(await namedAfter(0, 0)).toBe(1);
  expect(await namedAfter(30_000, 86_400_000)).toBe(1);
  expect(await namedAfter(30_000, -90_000_000)).toBe(2);
  expect(changes).toEqual([]);
});

/** Nothing listens on this port: connections are refused at once. */
const NOWHERE = "redis://127.0.0.1:1";

let store: LimiterStore | undefined;
afterEach(async () => {
  await store?.close();
  store = undefined;
});

test.each([
  ["local", [1, 1, 0]],
  ["open", [1, 1, 1]],
] as const)("Where no Redis listens, the rule %s decides from the first request on.", async (rateLimitFail, expected) => {
  store = await openLimiterStore({ redisUrl: NOWHERE, rateLimitFail }, { clock, logger: logger(), metrics: createMetrics() });
  expect(await ask(store, 3)).toEqual(expected);
});

test("With the rule closed a server without its Redis answers 503, and so does /readyz.", async () => {
  store = await openLimiterStore({ redisUrl: NOWHERE, rateLimitFail: "closed" }, { clock, logger: logger(), metrics: createMetrics() });
  const server = await startTestServer({}, undefined, store);
  const user = await server.addUser();

  const graphql = await server.query(user.key, "{ viewer { email } }");
  expect([graphql.status, graphql.body.errors[0].extensions.code]).toEqual([503, "SERVICE_UNAVAILABLE"]);
  const rest = await server.send("/api/v1/projects", { headers: { authorization: `Bearer ${user.key}` } });
  expect([rest.status, rest.body.error.code]).toEqual([503, "UPSTREAM_UNAVAILABLE"]);
  expect((await server.send("/readyz")).status).toBe(503);
  expect((await server.send("/healthz")).status).toBe(200);
  expect(server.takeLog().length).toBeGreaterThan(0);
  await server.close();
});
