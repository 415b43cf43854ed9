import type { Clock } from "../../platform/clock.js";
import { rateLimited } from "../../core/limits/rate-limiter.js";
import type { BodyLimit } from "../../core/request/read-body.js";
import type { RequestState } from "../../core/request/state.js";
import type { LimitOperations } from "./operation-limit.js";
import type { RunOperation } from "./operation-runner.js";

/** What a GraphQL request means, for every way in which one can come in. */
export type Pipeline = {
  readonly bodyLimit: BodyLimit;
  readonly mostOperations: number;
  readonly hints: boolean;
  readonly limit: LimitOperations;
  readonly run: RunOperation;
  readonly clock: Clock;
};

/** @throws RATE_LIMITED for the operations of a request beyond those that its decision lets through; the first has index 0 */
export function requireGranted({ decision }: RequestState, index: number, clock: Clock): void {
  if (decision !== null && index >= decision.granted) throw rateLimited(decision, clock);
}

/**
 * Asks for the state of a budget of which nothing was taken: the headers tell every caller with a key what is left. Where
 * the limiter cannot be reached, the answer has no such headers.
 */
export async function addDecision(state: RequestState, limit: LimitOperations): Promise<void> {
  if (state.principal === null || state.decision !== null) return;
  try {
    state.decision = await limit(state, 0);
  } catch {
    // Without the limiter there is nothing to tell.
  }
}
