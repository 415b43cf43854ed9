import type { Clock } from "../../platform/clock.js";

/**
 * How long a process may act on what it read of a credential, in milliseconds, counted from before it asked the database.
 * Together with `untilTrustEnds` it keeps the promise that a revoked key stops at once on every instance.
 */
export const TRUST_MS = 100;

/** Timers may fire a little early. */
const MARGIN_MS = 10;

/**
 * Waits until no process acts any more on what it read before now. Whatever ends a credential waits for this before it
 * answers, so that no request that is sent after the answer is let in.
 */
export function untilTrustEnds(clock: Clock): Promise<void> {
  return clock.wait(TRUST_MS + MARGIN_MS);
}
