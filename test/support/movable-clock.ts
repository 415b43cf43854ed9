/** A clock that stands still until a test moves it. */
export function movableClock() {
  let now = Date.parse("2026-06-15T12:00:00.000Z");
  let monotonicMs = 0;
  return {
    now: () => new Date(now),
    monotonicMs: () => monotonicMs,
    wait(ms: number) {
      monotonicMs += ms;
      return Promise.resolve();
    },
    advance(ms: number) {
      now += ms;
      monotonicMs += ms;
    },
    /** Sets the system's time forward or back, while no time passes. */
    step(ms: number) {
      now += ms;
    },
  };
}
