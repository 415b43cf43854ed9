import type { Clock } from "../platform/clock.js";
import type { Decision, LimiterStore, WindowState } from "./limiter.js";
import type { Policy } from "./policy.js";

type Counter = { used: number; resetAtMs: number };
type Entry = { readonly counters: readonly Counter[]; expiresAtMs: number };

/** More callers than this at once, and the one whose windows end first is forgotten: memory stays bounded. */
const MOST_ENTRIES = 100_000;
const SWEEP_EVERY = 1_000;

/** The store of a single process. Deciding is synchronous, hence atomic. */
export function createMemoryStore(clock: Clock): LimiterStore {
  const entries = new Map<string, Entry>();
  let untilSweep = SWEEP_EVERY;

  function entryFor(name: string, policy: Policy): Entry {
    const found = entries.get(name);
    if (found !== undefined) return found;
    const entry = { counters: policy.map(() => ({ used: 0, resetAtMs: 0 })), expiresAtMs: 0 };
    entries.set(name, entry);
    return entry;
  }

  function sweep(nowMs: number): void {
    untilSweep = SWEEP_EVERY;
    for (const [name, { expiresAtMs }] of entries) if (expiresAtMs <= nowMs) entries.delete(name);
    if (entries.size <= MOST_ENTRIES) return;
    const soonest = [...entries].sort(([, a], [, b]) => a.expiresAtMs - b.expiresAtMs);
    for (const [name] of soonest.slice(0, entries.size - MOST_ENTRIES)) entries.delete(name);
  }

  return {
    consume(budget, policy, cost) {
      const nowMs = clock.now().getTime();
      if ((untilSweep -= 1) <= 0) sweep(nowMs);
      const entry = entryFor(nameOf(budget, policy), policy);
      const decision = decide(entry.counters, policy, cost, nowMs);
      entry.expiresAtMs = Math.max(...entry.counters.map(({ resetAtMs }) => resetAtMs));
      return Promise.resolve(decision);
    },
    close() {
      entries.clear();
      return Promise.resolve();
    },
  };
}

/** Counters of different policies are kept apart: a key whose limit is changed begins anew. */
function nameOf(budget: string, policy: Policy): string {
  return `${budget}|${policy.map(({ limit, windowMs }) => `${limit}/${windowMs}`).join()}`;
}

function decide(counters: readonly Counter[], policy: Policy, cost: number, nowMs: number): Decision {
  let granted = cost;
  policy.forEach(({ limit, windowMs }, index) => {
    const counter = counters[index];
    if (counter === undefined) return;
    if (counter.resetAtMs <= nowMs) Object.assign(counter, { used: 0, resetAtMs: nowMs + windowMs });
    granted = Math.min(granted, limit - counter.used);
  });
  for (const counter of counters) counter.used += granted;
  return { granted, windows: policy.flatMap((window, index) => toState(window, counters[index])) };
}

function toState(window: Policy[number], counter: Counter | undefined): WindowState[] {
  return counter === undefined ? [] : [{ ...window, used: counter.used, resetAtMs: counter.resetAtMs }];
}
