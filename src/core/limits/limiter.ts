import type { Policy, Window } from "./policy.js";

/** The state of one window after a decision. */
export type WindowState = Window & {
  readonly used: number;
  /** When the window ends and its budget is whole again, in milliseconds since the epoch. */
  readonly resetAtMs: number;
};

export type Decision = {
  /** How many of the asked units were let through: all, or as many as the fullest window had left. */
  readonly granted: number;
  readonly windows: readonly WindowState[];
};

/**
 * Counts in windows that begin with their first unit. Every method is one atomic step, so that no more than the limit
 * passes under any concurrency; what is not granted is not counted.
 */
export type LimiterStore = {
  /** @throws CounterError where it is there and cannot decide */
  readonly consume: (budget: string, policy: Policy, cost: number) => Decision | Promise<Decision>;
  /** Resolves if the store works. */
  readonly check: () => Promise<void>;
  /** Whether there are no decisions while the store does not work. */
  readonly isRequired: boolean;
  readonly close: () => Promise<void>;
};

/** The store is there, but cannot decide on these counters: on none, or on these only, which `check` tells. */
export class CounterError extends Error {
  override readonly name = "CounterError";
}

/** Counters of different policies are kept apart: a key whose limit is changed begins anew. */
export function counterName(budget: string, policy: Policy): string {
  return `${budget}|${policy.map(({ limit, windowMs }) => `${limit}/${windowMs}`).join()}`;
}

/** The window that a client should watch: a full one that stays full the longest, else the one with the least left. */
export function tightest(windows: readonly WindowState[]): WindowState | undefined {
  let found = windows[0];
  for (const window of windows) if (found !== undefined && isTighter(window, found)) found = window;
  return found;
}

function isTighter(a: WindowState, b: WindowState): boolean {
  const difference = remaining(a) - remaining(b);
  return difference < 0 || (difference === 0 && a.resetAtMs > b.resetAtMs);
}

export function remaining({ limit, used }: Pick<WindowState, "limit" | "used">): number {
  return Math.max(0, limit - used);
}

/** Whole seconds until the window ends, at least one, so that waiting as long as said always suffices. */
export function secondsUntilReset({ resetAtMs }: WindowState, now: Date): number {
  return Math.max(1, Math.ceil((resetAtMs - now.getTime()) / 1_000));
}
