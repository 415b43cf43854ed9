import { AppError } from "../errors/app-error.js";
import { catalogue } from "../errors/catalogue.js";
import type { Policy } from "../limits/policy.js";
import { rateLimited, type RateLimiter } from "../limits/rate-limiter.js";
import type { Clock } from "../../platform/clock.js";

export type FailureLimit = ReturnType<typeof createFailureLimit>;

type Options = { readonly rateLimiter: RateLimiter; readonly policy: Policy; readonly clock: Clock };

/** Holds each client address to a number of failed authentications, so that guessing soon answers RATE_LIMITED only. */
export function createFailureLimit({ rateLimiter, policy, clock }: Options) {
  async function count(address: string): Promise<void> {
    const decision = await rateLimiter.consume(`auth|${address}`, policy);
    if (decision.granted === 0) throw rateLimited(decision, clock);
  }

  return {
    /** For keys, which are too long to guess: one is looked up all the same, so that a good one works from an address that many share. */
    async byKey<T>(address: string, authentication: Promise<T>): Promise<T> {
      try {
        return await authentication;
      } catch (error) {
        if (error instanceof AppError && catalogue[error.reason].code === "UNAUTHENTICATED") await count(address);
        throw error;
      }
    },

    /** For codes, which are short: every attempt is counted before it is heard, or a right guess would still be let in. */
    async byCode<T>(address: string, attempt: () => Promise<T>): Promise<T> {
      await count(address);
      return attempt();
    },
  };
}
