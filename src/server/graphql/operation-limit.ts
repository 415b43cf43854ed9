import type { Decision } from "../../core/limits/limiter.js";
import type { Policy } from "../../core/limits/policy.js";
import type { RateLimiter } from "../../core/limits/rate-limiter.js";
import type { RequestState } from "../../core/request/state.js";

/** Decides how many operations of a request may run: the first ones of a batch, as many as the budget allows. */
export type LimitOperations = (state: RequestState, cost: number) => Decision | Promise<Decision>;

/**
 * Limits the operations of each API key, and those of callers without a key by client address. An operation costs one, valid
 * or not. An operation over the limit costs nothing, nor does a request without a readable operation (no JSON, wrong media
 * type). A batch asks for all its operations in one step, so that other requests cannot come between them.
 */
export function createOperationLimit(rateLimiter: RateLimiter, policy: Policy): LimitOperations {
  return (state, cost) => rateLimiter.consume(budgetOf(state), state.principal?.rateLimit ?? policy, cost);
}

function budgetOf({ principal, address }: RequestState): string {
  return principal === null ? `graphql|address|${address}` : `graphql|key|${principal.budgetId}`;
}
