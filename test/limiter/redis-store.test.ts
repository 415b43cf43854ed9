import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { afterAll, afterEach, expect, test } from "@jest/globals";
import { createClient } from "@redis/client";
import { createRedisStore } from "../../src/core/limits/redis-store.js";
import { parsePolicy } from "../../src/core/limits/policy.js";
import { systemClock } from "../../src/platform/clock.js";
import type { LimiterStore } from "../../src/core/limits/limiter.js";

const url = process.env.TEST_REDIS_URL;
const onRedis = url === undefined ? test.skip : test;

const clock = { ...systemClock, now: () => new Date("2026-06-15T12:00:00.000Z") };
const budget = `test ${randomUUID()}`;
const opened: LimiterStore[] = [];

/** Opens another store with another connection, as another process does, and waits until it is connected. */
async function openStore(): Promise<LimiterStore> {
  const store = createRedisStore(url ?? "", clock);
  opened.push(store);
  for (;;) {
    const isConnected = await store.check().then(
      () => true,
      () => false,
    );
    if (isConnected) return store;
    await setImmediate();
  }
}

const consume = async (store: LimiterStore, policy: string, cost = 1, name = budget) => {
  return store.consume(name, parsePolicy(policy) ?? [], cost);
};

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

afterAll(async () => {
  if (url === undefined) return;
  const client = await createClient({ url }).connect();
  const keys = await client.keys(`backstory:{${budget}*`);
  if (keys.length > 0) await client.del(keys);
  client.destroy();
});

onRedis("Four processes that ask 2,000 times at once are granted exactly 500 of 500 (needs TEST_REDIS_URL).", async () => {
  const stores = await Promise.all([openStore(), openStore(), openStore(), openStore()]);
  const asked = Array.from({ length: 2_000 }, (_, index) => consume(stores[index % 4] as LimiterStore, "500/1h", 1, `${budget} many`)); // there are four
  const granted = (await Promise.all(asked)).map((decision) => decision.granted);

  expect(granted.filter((units) => units === 1)).toHaveLength(500);
  expect(granted.filter((units) => units === 0)).toHaveLength(1_500);
});

onRedis("Several windows hold at once: what one rejects is counted in none (needs TEST_REDIS_URL).", async () => {
  const store = await openStore();
  const policy = "10/1h,3/1m";
  const granted = [];
  for (let time = 0; time < 5; time += 1) granted.push((await consume(store, policy, 1, `${budget} windows`)).granted);
  const { windows } = await consume(store, policy, 1, `${budget} windows`);

  expect(granted).toEqual([1, 1, 1, 0, 0]);
  expect(windows.map(({ limit, used }) => [limit, used])).toEqual([
    [10, 3],
    [3, 3],
  ]);
});

onRedis("Of a batch as many are granted as are left, and asking for nothing counts nothing (needs TEST_REDIS_URL).", async () => {
  const store = await openStore();
  const ask = async (cost: number) => (await consume(store, "5/1h", cost, `${budget} batch`)).granted;

  expect([await ask(0), await ask(3), await ask(0), await ask(3), await ask(1)]).toEqual([0, 3, 0, 2, 0]);
});

onRedis("A window begins with its first unit and says when it ends; every key goes by itself (needs TEST_REDIS_URL).", async () => {
  const store = await openStore();
  const untouched = await consume(store, "5/1h", 0, `${budget} ends`);
  const { windows } = await consume(store, "5/1h", 1, `${budget} ends`);
  const client = await createClient({ url }).connect();
  const [key = ""] = await client.keys(`backstory:{${budget} ends*`);
  const left = await client.pTTL(key);
  client.destroy();

  expect(untouched.windows[0]?.resetAtMs).toBe(clock.now().getTime() + 3_600_000);
  expect(windows[0]?.resetAtMs).toBe(clock.now().getTime() + 3_600_000);
  expect(left).toBeGreaterThan(3_500_000);
  expect(left).toBeLessThanOrEqual(3_600_000);
});
