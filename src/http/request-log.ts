import type { RequestState } from "./request-state.js";

type Answered = { readonly status: number; readonly durationMs: number };

/** The line of each request: what was asked, by which key, how it ended; never a path's query string or a body. */
export function logRequest(state: RequestState, { method, url }: Request, answered: Answered): void {
  const { operationNames, errorReasons, principal } = state;
  const facts = {
    method,
    path: new URL(url).pathname,
    ...answered,
    ...(principal === null ? {} : { keyId: principal.keyId }),
    ...(operationNames.length === 0 ? {} : { operations: operationNames }),
    ...(errorReasons.length === 0 ? {} : { errors: errorReasons }),
  };
  state.log.info(facts, "request");
}
