import { catalogue, type ErrorReason } from "../../core/errors/catalogue.js";
import { GRAPHQL_PATH, REST_PATH } from "../../core/request/paths.js";
import type { Metrics } from "../../platform/metrics.js";
import type { RequestState } from "../../core/request/state.js";

type Answered = { readonly path: string; readonly status: number; readonly durationMs: number };

/** Counts a request that was answered, and each error of its answer. */
export function countRequest(metrics: Metrics, state: RequestState, { path, status, durationMs }: Answered): void {
  metrics.request({ surface: surfaceOf(path), operation: operationOf(state), status, durationMs });
  for (const reason of state.errorReasons) countError(metrics, reason);
}

export function countError(metrics: Metrics, reason: ErrorReason): void {
  metrics.error(catalogue[reason].code, reason);
}

export function surfaceOf(path: string): "graphql" | "rest" | "page" {
  if (path === GRAPHQL_PATH) return "graphql";
  return path.startsWith(`${REST_PATH}/`) ? "rest" : "page";
}

/** Strangers have no say in which names there are. */
function operationOf({ operationNames, principal }: RequestState): string {
  if (operationNames.length > 1) return "batch";
  const [name] = operationNames;
  return name === undefined || principal === null ? "unnamed" : name;
}
