import { AppError } from "../errors/app-error.js";
import { catalogue } from "../errors/catalogue.js";
import type { Policy } from "../limiter/policy.js";
import { rateLimited, type RateLimiter } from "../limiter/rate-limiter.js";
import type { Clock } from "../platform/clock.js";

type Options = { readonly rateLimiter: RateLimiter; readonly policy: Policy; readonly clock: Clock };

/**
 * Counts failed authentications per client address, so that guessing keys soon answers RATE_LIMITED only. The key is
 * looked up all the same: a good one works from that address too, which many may share.
 */
export function createFailureLimit({ rateLimiter, policy, clock }: Options) {
  return async function guard<T>(address: string, authenticate: () => Promise<T>): Promise<T> {
    try {
      return await authenticate();
    } catch (error) {
      if (!(error instanceof AppError) || catalogue[error.reason].code !== "UNAUTHENTICATED") throw error;
      const decision = await rateLimiter.consume(`auth|${address}`, policy);
      throw decision.granted === 0 ? rateLimited(decision, clock) : error;
    }
  };
}
