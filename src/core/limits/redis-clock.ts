import type { Clock } from "../../platform/clock.js";

/** Redis's time has no fractions. */
const PRECISION_MS = 1;

/**
 * Knows Redis's time from its answers. Redis said it after it was asked and before the answer was read, so each answer bounds
 * how far Redis's clock is ahead from both sides. The best lower bound holds as long as no upper one denies it, as one does
 * once Redis's clock is set back. So what is computed from it is not later than Redis's own time.
 */
export function createRedisClock(clock: Clock) {
  let aheadMs: number | null = null;
  return {
    learn(redisMs: number, askedAtMs: number): void {
      const leastMs = redisMs - clock.monotonicMs();
      const mostMs = redisMs + PRECISION_MS - askedAtMs;
      if (aheadMs === null || aheadMs < leastMs || aheadMs > mostMs) aheadMs = leastMs;
    },
    /** The time on Redis's clock so long from now, or its beginning, which has passed, where Redis has not answered yet. */
    timeIn: (ms: number): number => (aheadMs === null ? 0 : Math.floor(clock.monotonicMs() + aheadMs + ms)),
  };
}
