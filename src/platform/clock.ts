import { setTimeout } from "node:timers/promises";

/** The current time, injected everywhere so that tests can move it. */
export type Clock = {
  readonly now: () => Date;
  /** Milliseconds since some fixed moment. They never go back, whatever becomes of the system's time. */
  readonly monotonicMs: () => number;
  readonly wait: (ms: number) => Promise<void>;
};

export const systemClock: Clock = { now: () => new Date(), monotonicMs: () => performance.now(), wait: (ms) => setTimeout(ms) };
