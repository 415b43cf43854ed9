import type { Plugin } from "graphql-yoga";
import type { RequestState } from "../../core/request/state.js";
import type { Clock } from "../../platform/clock.js";
import type { Decision } from "../../core/limits/limiter.js";
import type { Policy } from "../../core/limits/policy.js";
import { rateLimited, type RateLimiter } from "../../core/limits/rate-limiter.js";

type Options = { readonly rateLimiter: RateLimiter; readonly policy: Policy; readonly clock: Clock };
type ServerContext = { readonly state: RequestState };

/**
 * Holds each API key to its budget of operations, and callers without a key to one per client address. An operation
 * costs one, valid or not; a refused one costs nothing, nor does a request in which no operation could be read (no
 * JSON, wrong media type). Of a batch the first operations pass, as many as are left: all are asked for in one step,
 * so that others cannot come between them.
 */
export function useOperationLimit({ rateLimiter, policy, clock }: Options): Plugin<Record<string, never>, ServerContext> {
  const passed = new WeakMap<RequestState, number>();

  function decide(state: RequestState, cost: number): Promise<Decision> {
    return rateLimiter.consume(budgetOf(state), state.principal?.rateLimit ?? policy, cost);
  }

  return {
    onRequestParse({ serverContext }) {
      const { state } = serverContext;
      return {
        async onRequestParseDone({ requestParserResult }) {
          state.decision = await decide(state, Array.isArray(requestParserResult) ? requestParserResult.length : 1);
        },
      };
    },
    onParams({ context }) {
      const { state } = context; // Yoga types it as params only; it is the server's context
      const index = passed.get(state) ?? 0;
      passed.set(state, index + 1);
      if (state.decision !== null && index >= state.decision.granted) throw rateLimited(state.decision, clock);
    },
    async onResultProcess({ serverContext: { state } }) {
      // The headers tell every caller with a key what is left, also where nothing was counted.
      // Where the limiter cannot be reached, that is the answer already or has nothing to do with it: it goes without them.
      if (state.principal !== null) state.decision ??= await decide(state, 0).catch(() => null);
    },
  };
}

function budgetOf({ principal, address }: RequestState): string {
  return principal === null ? `graphql|address|${address}` : `graphql|key|${principal.keyId}`;
}
