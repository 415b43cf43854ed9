import type { Decision } from "../../core/limits/limiter.js";
import type { Policy } from "../../core/limits/policy.js";
import type { RateLimiter } from "../../core/limits/rate-limiter.js";
import type { RequestState } from "../../core/request/state.js";

/** Decides about the operations of a request: of a batch, the first ones pass, as many as are left. */
export type LimitOperations = (state: RequestState, cost: number) => Decision | Promise<Decision>;

/**
 * Holds each API key to its budget of operations, and callers without a key to one per client address. An operation
 * costs one, valid or not; a rejected one costs nothing, nor does a request in which no operation could be read (no
 * JSON, wrong media type). A batch asks for all its operations in one step, so that others cannot come between them.
 */
export function createOperationLimit(rateLimiter: RateLimiter, policy: Policy): LimitOperations {
  return (state, cost) => rateLimiter.consume(budgetOf(state), state.principal?.rateLimit ?? policy, cost);
}

function budgetOf({ principal, address }: RequestState): string {
  return principal === null ? `graphql|address|${address}` : `graphql|key|${principal.keyId}`;
}
