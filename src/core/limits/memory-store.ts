import type { Clock } from "../../platform/clock.js";
import { counterName, remaining, type LimiterStore, type WindowState } from "./limiter.js";
import type { Policy } from "./policy.js";

type Options = {
  /** More callers than this at once, and those whose windows end first are forgotten: memory stays bounded. */
  readonly mostCallers?: number;
};

/** A window that is counted. Its end is on the monotonic clock: a step of the system's time neither frees nor locks a budget. */
type Counter = Policy[number] & { readonly used: number; readonly endsAtMs: number };

const SWEEP_EVERY = 1_000;

/** The store of a single process. Deciding is synchronous, hence atomic. */
export function createMemoryStore(clock: Clock, { mostCallers = 100_000 }: Options = {}): LimiterStore {
  const callers = new Map<string, readonly Counter[]>();
  let untilSweep = SWEEP_EVERY;

  function sweep(nowMs: number): void {
    untilSweep = SWEEP_EVERY;
    for (const [name, counters] of callers) if (endOf(counters) <= nowMs) callers.delete(name);
    if (callers.size <= mostCallers) return;
    const soonest = [...callers].sort(([, a], [, b]) => endOf(a) - endOf(b));
    for (const [name] of soonest.slice(0, callers.size - mostCallers)) callers.delete(name);
  }

  return {
    consume(budget, policy, cost) {
      const nowMs = clock.monotonicMs();
      if ((untilSweep -= 1) <= 0) sweep(nowMs);
      const name = counterName(budget, policy);
      const known = callers.get(name);
      const current = policy.map((window, index) => counterAt(nowMs, window, known?.[index]));
      const granted = Math.min(cost, ...current.map(remaining));
      const counters = current.map((counter) => addUsed(counter, granted));
      if (granted > 0) callers.set(name, counters);
      const aheadMs = clock.now().getTime() - nowMs;
      return { granted, windows: counters.map((counter) => toState(counter, aheadMs)) };
    },
    check: () => Promise.resolve(),
    isRequired: true,
    close() {
      callers.clear();
      return Promise.resolve();
    },
  };
}

/** The counter as it stands, or a new one, which begins only if something is counted in it. */
function counterAt(nowMs: number, { limit, windowMs }: Policy[number], known: Counter | undefined): Counter {
  return known !== undefined && known.endsAtMs > nowMs ? known : { limit, windowMs, used: 0, endsAtMs: nowMs + windowMs };
}

function addUsed({ limit, windowMs, used, endsAtMs }: Counter, granted: number): Counter {
  return { limit, windowMs, used: used + granted, endsAtMs };
}

/** Says by the system's time when the window ends. Rounded up, so that waiting until then suffices. */
function toState({ limit, windowMs, used, endsAtMs }: Counter, aheadMs: number): WindowState {
  return { limit, windowMs, used, resetAtMs: Math.ceil(endsAtMs + aheadMs) };
}

function endOf(counters: readonly Counter[]): number {
  return Math.max(...counters.map(({ endsAtMs }) => endsAtMs));
}
