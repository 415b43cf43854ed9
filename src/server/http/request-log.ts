import { PROBES } from "../../core/request/paths.js";
import type { RequestState } from "../../core/request/state.js";

type Answered = { readonly status: number; readonly durationMs: number };

/**
 * The line of each request: what was asked, by which key, how it ended; never a path's query string or a body. Probes come
 * every few seconds and would hide the others, unless they fail.
 */
export function logRequest(state: RequestState, { method, url }: Request, answered: Answered): void {
  const { operationNames, errorReasons, principal } = state;
  const path = new URL(url).pathname;
  const facts = {
    method,
    path,
    ...answered,
    ...(principal === null ? {} : { keyId: principal.keyId }),
    ...(operationNames.length === 0 ? {} : { operations: operationNames }),
    ...(errorReasons.length === 0 ? {} : { errors: errorReasons }),
  };
  const level = PROBES.includes(path) && answered.status < 400 ? "debug" : "info";
  state.log[level](facts, "request");
}
