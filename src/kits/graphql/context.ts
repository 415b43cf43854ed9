import type { Principal } from "../../core/auth/principal.js";
import { unauthenticated } from "../../core/auth/bearer-token.js";
import type { RequestState } from "../../core/request/state.js";
import type { Clock } from "../../platform/clock.js";
import type { Services } from "../services.js";
import type { Loaders } from "./loaders.js";

/** The context of resolvers: the caller, the services, and the loaders that join look-ups. */
export type GraphQLContext = {
  readonly state: RequestState;
  /** The caller, with the deadline of the operation; null without a key. */
  readonly principal: Principal | null;
  readonly services: Services;
  readonly loaders: Loaders;
  readonly clock: Clock;
};

/** @throws UNAUTHENTICATED / MISSING_TOKEN */
export function caller({ principal }: Pick<GraphQLContext, "principal">): Principal {
  if (principal === null) throw unauthenticated("MISSING_TOKEN");
  return principal;
}
