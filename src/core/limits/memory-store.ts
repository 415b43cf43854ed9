import type { Clock } from "../../platform/clock.js";
import { counterName, remaining, type LimiterStore, type WindowState } from "./limiter.js";
import type { Policy } from "./policy.js";

type Options = {
  /** More callers than this at once, and those whose windows end first are forgotten: memory stays bounded. */
  readonly mostCallers?: number;
};

const SWEEP_EVERY = 1_000;

/** The store of a single process. Deciding is synchronous, hence atomic. */
export function createMemoryStore(clock: Clock, { mostCallers = 100_000 }: Options = {}): LimiterStore {
  const callers = new Map<string, readonly WindowState[]>();
  let untilSweep = SWEEP_EVERY;

  function sweep(nowMs: number): void {
    untilSweep = SWEEP_EVERY;
    for (const [name, windows] of callers) if (endOf(windows) <= nowMs) callers.delete(name);
    if (callers.size <= mostCallers) return;
    const soonest = [...callers].sort(([, a], [, b]) => endOf(a) - endOf(b));
    for (const [name] of soonest.slice(0, callers.size - mostCallers)) callers.delete(name);
  }

  return {
    consume(budget, policy, cost) {
      const nowMs = clock.now().getTime();
      if ((untilSweep -= 1) <= 0) sweep(nowMs);
      const name = counterName(budget, policy);
      const known = callers.get(name);
      const current = policy.map((window, index) => stateAt(nowMs, window, known?.[index]));
      const granted = Math.min(cost, ...current.map(remaining));
      if (granted === 0) return { granted, windows: current };
      const windows = current.map((state) => ({ ...state, used: state.used + granted }));
      callers.set(name, windows);
      return { granted, windows };
    },
    check: () => Promise.resolve(),
    close() {
      callers.clear();
      return Promise.resolve();
    },
  };
}

/** The window as it stands, or a new one, which begins only if something is counted in it. */
function stateAt(nowMs: number, { limit, windowMs }: Policy[number], known: WindowState | undefined): WindowState {
  return known !== undefined && known.resetAtMs > nowMs ? known : { limit, windowMs, used: 0, resetAtMs: nowMs + windowMs };
}

function endOf(windows: readonly WindowState[]): number {
  return Math.max(...windows.map(({ resetAtMs }) => resetAtMs));
}
