import type { Clock } from "../../platform/clock.js";
import { rateLimited } from "../../core/limits/rate-limiter.js";
import type { RequestState } from "../../core/request/state.js";
import type { OperationBodies } from "./operation-bodies.js";
import type { LimitOperations } from "./operation-limit.js";
import type { RunOperation } from "./operation-runner.js";

/** The steps of a GraphQL request that every handler shares. */
export type Pipeline = {
  readonly bodies: OperationBodies;
  readonly mostOperations: number;
  readonly hints: boolean;
  readonly limit: LimitOperations;
  readonly run: RunOperation;
  readonly clock: Clock;
};

/** @throws RATE_LIMITED for an operation of a request beyond those that the decision grants; the first has index 0 */
export function requireGranted({ decision }: RequestState, index: number, clock: Clock): void {
  if (decision !== null && index >= decision.granted) throw rateLimited(decision, clock);
}

/**
 * Reads the state of the caller's budget if nothing was consumed: the headers tell every caller with a key what is left. If
 * the limiter is down, the answer has no rate-limit headers.
 */
export async function addDecision(state: RequestState, limit: LimitOperations): Promise<void> {
  if (state.principal === null || state.decision !== null) return;
  try {
    state.decision = await limit(state, 0);
  } catch {
    // The limiter is down, so the answer has no rate-limit headers.
  }
}
