/** The current time, injected everywhere so that tests can move it. */
export type Clock = {
  readonly now: () => Date;
  /** Milliseconds since some fixed moment. They never go back, whatever becomes of the system's time. */
  readonly monotonicMs: () => number;
};

export const systemClock: Clock = { now: () => new Date(), monotonicMs: () => performance.now() };
