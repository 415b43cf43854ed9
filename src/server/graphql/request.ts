import type { Principal } from "../../core/auth/principal.js";
import type { BodyLease } from "../../core/load/body-memory.js";
import type { RequestState } from "../../core/request/state.js";

/** The context that the HTTP server hands to Yoga with a web request. */
export type GraphQLRequest = {
  readonly state: RequestState;
  /** The memory for the request's body. */
  readonly body: BodyLease;
  readonly authenticate: () => Promise<Principal | null>;
};
