import type { Principal } from "../../core/auth/principal.js";
import type { RequestState } from "../../core/request/state.js";

/** The context that the HTTP server hands to Yoga with a web request. */
export type GraphQLRequest = {
  readonly state: RequestState;
  readonly authenticate: () => Promise<Principal | null>;
};
