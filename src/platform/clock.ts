import { setTimeout } from "node:timers/promises";

/** The current time, injected everywhere so that tests can move it. */
export type Clock = {
  readonly now: () => Date;
  /** Milliseconds since some fixed moment. They never go back, whatever becomes of the system's time. */
  readonly monotonicMs: () => number;
  /** Rejects where the signal comes first. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
};

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  wait: (ms, signal) => setTimeout(ms, undefined, signal === undefined ? {} : { signal }),
};
