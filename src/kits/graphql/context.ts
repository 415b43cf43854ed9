import type { Principal } from "../../core/auth/principal.js";
import { unauthenticated } from "../../core/auth/bearer-token.js";
import type { RequestState } from "../../core/request/state.js";
import type { RateLimiter } from "../../core/limits/rate-limiter.js";
import type { Clock } from "../../platform/clock.js";
import type { Services } from "../services.js";
import type { Loaders } from "./loaders.js";

/** What resolvers are given: who asks, the services, and the loaders that join their look-ups. */
export type GraphQLContext = {
  readonly state: RequestState;
  readonly services: Services;
  readonly loaders: Loaders;
  readonly rateLimiter: RateLimiter;
  readonly clock: Clock;
};

/** @throws UNAUTHENTICATED / MISSING_TOKEN */
export function caller({ state }: Pick<GraphQLContext, "state">): Principal {
  if (state.principal === null) throw unauthenticated("MISSING_TOKEN");
  return state.principal;
}
