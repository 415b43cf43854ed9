import type { Principal } from "../../core/auth/principal.js";
import type { BodyLease } from "../../core/load/body-memory.js";
import type { RequestState } from "../../core/request/state.js";

/** What the HTTP side hands to Yoga with a web request. */
export type GraphQLRequest = {
  readonly state: RequestState;
  /** The memory that is taken for the request's body. */
  readonly body: BodyLease;
  readonly authenticate: () => Promise<Principal | null>;
};
