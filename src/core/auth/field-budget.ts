import type { Clock } from "../../platform/clock.js";
import type { AppError } from "../errors/app-error.js";
import type { Policy } from "../limits/policy.js";
import { rateLimited, type RateLimiter } from "../limits/rate-limiter.js";
import type { Principal } from "./principal.js";

/** Whose budget pays: that of a key, or of the client address where there is no key. */
type Payer = Pick<Principal, "budgetId"> | { readonly address: string };

/** What was let through of what was asked for, and the error for the rest. */
type Taken = { readonly granted: number; readonly rejection: AppError | null };

/** The budget of costly work, which bears the name of a field. Whatever does the work takes from it, whichever way it was asked for. */
export type FieldBudget = {
  /** @throws RATE_LIMITED */
  readonly charge: (payer: Payer) => Promise<void>;
  /** Takes for several pieces of work in one step: the first ones pass, as many as the budget has left. */
  readonly take: (payer: Payer, count: number) => Promise<Taken>;
};

export type FieldLimit = { readonly field: string; readonly policy: Policy };

type Dependencies = { readonly rateLimiter: RateLimiter; readonly clock: Clock };

export function createFieldBudget({ field, policy }: FieldLimit, { rateLimiter, clock }: Dependencies): FieldBudget {
  async function take(payer: Payer, count: number): Promise<Taken> {
    const name = "address" in payer ? `address|${payer.address}` : `key|${payer.budgetId}`;
    const decision = await rateLimiter.consume(`field|${field}|${name}`, policy, count);
    // What the windows say is of use only where something was refused.
    return { granted: decision.granted, rejection: decision.granted < count ? rateLimited(decision, clock) : null };
  }

  return {
    take,
    async charge(payer) {
      const { rejection } = await take(payer, 1);
      if (rejection !== null) throw rejection;
    },
  };
}

/** For the command line, whose work nobody counts. */
export const unlimitedBudget: FieldBudget = {
  charge: () => Promise.resolve(),
  take: (_payer, count) => Promise.resolve({ granted: count, rejection: null }),
};
