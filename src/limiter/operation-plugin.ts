import type { Plugin } from "graphql-yoga";
import { toResultError } from "../errors/to-graphql.js";
import type { RequestState } from "../graphql/context.js";
import type { Clock } from "../platform/clock.js";
import type { Policy } from "./policy.js";
import { rateLimited, type RateLimiter } from "./rate-limiter.js";

type Options = { readonly rateLimiter: RateLimiter; readonly policy: Policy; readonly clock: Clock };
type ServerContext = { readonly state: RequestState };

/**
 * Holds each API key to its budget of operations, and callers without a key to one per client address. Whatever was
 * read from a request costs one an operation, valid or not; a refused one costs nothing. Of a batch the first
 * operations pass, as many as are left: all are asked for in one step, so that others cannot come between them.
 */
export function useOperationLimit({ rateLimiter, policy, clock }: Options): Plugin<Record<string, never>, ServerContext> {
  const passed = new WeakMap<RequestState, number>();
  return {
    onRequestParse({ serverContext }) {
      const { state } = serverContext;
      return {
        async onRequestParseDone({ requestParserResult }) {
          const cost = Array.isArray(requestParserResult) ? requestParserResult.length : 1;
          state.decision = await rateLimiter.consume(budgetOf(state), state.principal?.rateLimit ?? policy, cost);
        },
      };
    },
    onParams({ context, setResult }) {
      const { state } = context; // Yoga types it as params only; it is the server's context
      const index = passed.get(state) ?? 0;
      passed.set(state, index + 1);
      if (state.decision !== null && index >= state.decision.granted)
        setResult({ errors: [toResultError(rateLimited(state.decision, clock))] });
    },
  };
}

function budgetOf({ principal, address }: RequestState): string {
  return principal === null ? `graphql|address|${address}` : `graphql|key|${principal.keyId}`;
}
