import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "@jest/globals";
import { createMemoryStore } from "../../src/core/limits/memory-store.js";
import { parsePolicy } from "../../src/core/limits/policy.js";
import { systemClock } from "../../src/platform/clock.js";

function startStore(mostCallers?: number) {
  let passedMs = 0;
  const clock = { ...systemClock, monotonicMs: () => passedMs, advance: (ms: number) => void (passedMs += ms) };
  const store = createMemoryStore(clock, mostCallers === undefined ? {} : { mostCallers });
  const ask = async (caller: string, policy = "1/1h", cost = 1) => (await store.consume(caller, parsePolicy(policy) ?? [], cost)).granted;
  return { clock, ask };
}

test("More callers than it may remember make it forget those whose windows end first, and no others.", async () => {
  const { clock, ask } = startStore(1_000);
  for (let caller = 0; caller < 3_000; caller += 1) {
    expect(await ask(`caller ${caller}`)).toBe(1);
    clock.advance(1);
  }
  expect(await ask("caller 2999")).toBe(0);
  expect(await ask("caller 2001")).toBe(0);
  expect(await ask("caller 0")).toBe(1);
});

test("A caller whose windows have ended is forgotten before any whose have not.", async () => {
  const { clock, ask } = startStore(2_000);
  expect(await ask("long", "1/1d")).toBe(1);
  for (let caller = 0; caller < 10_000; caller += 1) {
    await ask(`short ${caller}`, "1/1s");
    clock.advance(10);
  }
  expect(await ask("long", "1/1d")).toBe(0);
});

test("The memory of callers whose windows have ended is given back.", async () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const heap = () => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const { clock, ask } = startStore();
  const before = heap();
  for (let caller = 0; caller < 50_000; caller += 1) await ask(`idle ${caller}`, "1/1s");
  const full = heap();
  clock.advance(1_000);
  for (let again = 0; again < 1_000; again += 1) await ask("one", "1/1s");
  expect(full - before).toBeGreaterThan(5_000_000);
  expect(heap() - before).toBeLessThan((full - before) / 4);
});

test("What is rejected or only asked about takes no memory.", async () => {
  const { ask } = startStore(1);
  expect(await ask("known")).toBe(1);
  for (let caller = 0; caller < 5_000; caller += 1) expect(await ask(`curious ${caller}`, "1/1h", 0)).toBe(0);
  expect(await ask("known")).toBe(0);
});

test("A caller whose policy changes begins anew, and finds the old one as it was left.", async () => {
  const { ask } = startStore();
  expect([await ask("caller", "1/1h"), await ask("caller", "1/1h")]).toEqual([1, 0]);
  expect([await ask("caller", "2/1h"), await ask("caller", "1/1h")]).toEqual([1, 0]);
});

test("Of many units as many are granted as the fullest window has left.", async () => {
  const { ask } = startStore();
  expect(await ask("caller", "10/1h,4/1m", 3)).toBe(3);
  expect(await ask("caller", "10/1h,4/1m", 3)).toBe(1);
  expect(await ask("caller", "10/1h,4/1m", 3)).toBe(0);
});
