import type { Principal } from "../auth/principal.js";
import { unauthenticated } from "../auth/bearer-token.js";
import type { Decision } from "../limiter/limiter.js";
import type { RateLimiter } from "../limiter/rate-limiter.js";
import type { Clock } from "../platform/clock.js";
import type { Logger } from "../platform/logger.js";
import type { Services } from "../services.js";
import type { Loaders } from "./loaders.js";

/** What is known of one HTTP request; a batch of operations shares it. */
export type RequestState = {
  readonly requestId: string;
  /** Scheme and host by which the client reached the server. */
  readonly origin: string;
  /** Address of the client, as the limits per address count it. */
  readonly address: string;
  readonly log: Logger;
  /** Null where no Authorization header was sent. */
  principal: Principal | null;
  /** The decision about the request's operations; its windows make the rate-limit headers. */
  decision: Decision | null;
  /** The codes of all errors of the answer, for the request's log line. */
  readonly errorReasons: string[];
  /** The names of its operations, as far as they have any, for the log line. */
  readonly operationNames: string[];
};

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
