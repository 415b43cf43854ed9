import type { Operation } from "../../core/load/operations.js";
import type { RequestState } from "../../core/request/state.js";

/** What the HTTP side gives to each GraphQL request. */
export type GraphQLRequest = {
  readonly state: RequestState;
  readonly operation: Operation;
  readonly authenticate: () => Promise<void>;
};
