import { PROBES } from "../../core/request/paths.js";
import type { RequestState } from "../../core/request/state.js";
import type { Logger } from "../../platform/logger.js";

type Facts = { readonly method: string; readonly path: string; readonly status: number; readonly durationMs: number };

/**
 * The line of each request: what was asked, by which key, how it ended; never a path's query string or a body. Probes come
 * every few seconds and would hide the others, unless they fail.
 */
export function logRequest(logger: Logger, { requestId, operationNames, errorReasons, principal }: RequestState, facts: Facts): void {
  const { method, path, status, durationMs } = facts;
  const line = {
    requestId,
    method,
    path,
    status,
    durationMs,
    keyId: principal?.keyId,
    operations: operationNames.length === 0 ? undefined : operationNames,
    errors: errorReasons.length === 0 ? undefined : errorReasons,
  };
  const level = PROBES.includes(facts.path) && facts.status < 400 ? "debug" : "info";
  logger[level](line, "request");
}
