import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { createClient } from "@redis/client";
import type { LimiterStore } from "../../src/core/limits/limiter.js";
import { openLimiterStore } from "../../src/core/limits/open-store.js";
import { parsePolicy } from "../../src/core/limits/policy.js";
import { systemClock } from "../../src/platform/clock.js";
import { createLogger } from "../../src/platform/logger.js";
import { createMetrics } from "../../src/platform/metrics.js";
import { openFaultyLine } from "../support/faulty-line.js";
import { startTestServer } from "../support/server.js";

const redisUrl = process.env.TEST_REDIS_URL;
const onRedis = redisUrl === undefined ? describe.skip : describe;

const LOST = "Redis is lost; RATE_LIMIT_FAIL decides";
const BACK = "Redis is back";
const BROKEN = "A counter in Redis cannot be used; RATE_LIMIT_FAIL decides for its budget";

onRedis("With a Redis that fails,", () => {
  const mark = randomUUID();
  const direct = createClient({ url: redisUrl ?? "" });
  const opened: LimiterStore[] = [];
  let line: Awaited<ReturnType<typeof openFaultyLine>>;
  let lines: string[];

  beforeAll(async () => {
    await direct.connect();
    const { hostname, port } = new URL(redisUrl ?? "");
    line = await openFaultyLine(hostname, Number(port || 6379));
  });
  beforeEach(() => void (lines = []));
  afterEach(async () => {
    await line.become("none");
    for (const store of opened.splice(0)) await store.close();
  });
  afterAll(async () => {
    const keys = await direct.keys(`backstory:{*${mark}*`);
    if (keys.length > 0) await direct.del(keys);
    await line.close();
    direct.destroy();
  });

  /** A store of a server process that reaches Redis over the line, once it is connected. */
  async function openStore(credentials = ""): Promise<LimiterStore> {
    const logger = createLogger("info", { write: (text: string) => void lines.push((JSON.parse(text) as { msg: string }).msg) });
    const options = { redisUrl: `redis://${credentials}127.0.0.1:${line.port}`, rateLimitFail: "local" } as const;
    const store = await openLimiterStore(options, { clock: systemClock, logger, metrics: createMetrics() });
    opened.push(store);
    await until(() =>
      store.check().then(
        () => true,
        () => false,
      ),
    );
    return store;
  }

  const budgetOf = (name: string) => `test|${mark} ${name}`;
  const keyOf = (name: string, policy: string) => `backstory:{${budgetOf(name)}|${inMs(policy)}}:0`;
  const inMs = (policy: string) => (parsePolicy(policy) ?? []).map(({ limit, windowMs }) => `${limit}/${windowMs}`).join();
  const consume = async (store: LimiterStore, name: string, policy = "5/1h", cost = 1) =>
    store.consume(budgetOf(name), parsePolicy(policy) ?? [], cost);
  const countOf = async (name: string) => Number((await direct.get(keyOf(name, "5/1h"))) ?? "0");

  test("of requests while it is silent none waits for a second, and those after the first do not wait at all.", async () => {
    const store = await openStore();
    await line.become("hold");
    const beganMs = performance.now();
    await consume(store, "silent");
    for (let time = 0; time < 100; time += 1) await consume(store, "silent");
    expect(performance.now() - beganMs).toBeLessThan(1_000);
    expect(lines).toEqual([LOST]);
  });

  test("a client of the server is answered within a second while it is silent, every time.", async () => {
    const store = await openStore();
    const server = await startTestServer({}, undefined, store);
    const { key } = await server.addUser();
    await line.become("hold");
    for (let time = 0; time < 5; time += 1) {
      const beganMs = performance.now();
      expect((await server.query(key, "{ viewer { id } }")).status).toBe(200);
      expect(performance.now() - beganMs).toBeLessThan(1_000);
    }
    await server.close();
    opened.splice(0);
  });

  test("what it was asked while it was silent counts for nothing when it goes on, and it is used again.", async () => {
    const store = await openStore();
    await consume(store, "late");
    await line.become("hold");
    const decisions = await Promise.all([consume(store, "late", "5/1h", 2), consume(store, "late", "5/1h", 2)]);
    expect(decisions.map(({ granted }) => granted)).toEqual([2, 2]);
    expect(await countOf("late")).toBe(1);

    await line.become("none");
    await until(() => lines.includes(BACK));
    expect(await countOf("late")).toBe(1);
    expect((await consume(store, "late")).windows[0]?.used).toBe(2);
    expect(lines).toEqual([LOST, BACK]);
  });

  test("it is found again after its connections were cut, refused and swallowed.", async () => {
    const store = await openStore();
    for (const fault of ["cut", "refuse", "silent"] as const) {
      lines = [];
      await line.become(fault);
      await consume(store, fault);
      expect(lines).toEqual([LOST]);
      await line.become("none");
      await until(() => lines.includes(BACK));
      await consume(store, fault);
      expect(await countOf(fault)).toBe(1);
    }
  }, 30_000);

  test.each<[what: string, spoil: (key: string) => Promise<unknown>]>([
    ["is a list", (key) => direct.lPush(key, "x")],
    ["holds a text", (key) => direct.set(key, "many")],
    ["holds a fraction", (key) => direct.set(key, "1.5")],
    ["holds less than nothing", (key) => direct.set(key, "-1000")],
    ["holds a number that is too great to count", (key) => direct.set(key, "9007199254740993")],
  ])("a counter that %s is the fault of its budget alone, which each process limits by itself.", async (what, spoil) => {
    const store = await openStore();
    const name = `spoilt ${what}`;
    await spoil(keyOf(name, "2/1h"));
    const granted = [];
    for (let time = 0; time < 4; time += 1) granted.push((await consume(store, name, "2/1h")).granted);
    expect(granted).toEqual([1, 1, 0, 0]);
    await until(() => lines.length > 0);
    await consume(store, `beside ${what}`);
    expect(await countOf(`beside ${what}`)).toBe(1);
    expect(lines).toEqual([BROKEN]);
  });

  test("a counter without an end, or with one beyond its window, ends with its window.", async () => {
    const store = await openStore();
    for (const [name, end] of [
      ["endless", {}],
      ["too long", { expiration: { type: "EX", value: 1_000_000 } }],
    ] as const) {
      await direct.set(keyOf(name, "5/1h"), "5", end);
      const { granted, windows } = await consume(store, name);
      expect(granted).toBe(0);
      expect(windows[0]?.resetAtMs).toBeLessThanOrEqual(Date.now() + 3_600_000);
      const leftMs = await direct.pTTL(keyOf(name, "5/1h"));
      expect(leftMs).toBeGreaterThan(3_500_000);
      expect(leftMs).toBeLessThanOrEqual(3_600_000);
    }
  });

  test("it counts as lost while it rejects every decision, although it answers, and is found again.", async () => {
    const account = `backstory-test-${mark}`;
    await direct.sendCommand(["ACL", "SETUSER", account, "on", ">secret", "~*", "+@all"]);
    try {
      const store = await openStore(`${account}:secret@`);
      await direct.sendCommand(["ACL", "SETUSER", account, "-eval"]);
      expect((await consume(store, "rejected")).granted).toBe(1);
      await until(() => lines.length > 0);
      for (let time = 0; time < 10; time += 1) await consume(store, "rejected");
      expect(lines).toEqual([LOST]);
      await direct.sendCommand(["ACL", "SETUSER", account, "+eval"]);
      await until(() => lines.includes(BACK));
      expect(lines).toEqual([LOST, BACK]);
    } finally {
      await direct.sendCommand(["ACL", "DELUSER", account]);
    }
  });
});

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await setImmediate();
}
