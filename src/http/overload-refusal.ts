import type { RestErrorStyle } from "../errors/to-rest.js";
import type { Clock } from "../platform/clock.js";
import type { Logger } from "../platform/logger.js";
import type { Metrics } from "../platform/metrics.js";
import type { Random } from "../platform/random.js";
import type { Client } from "./client-address.js";
import { respondToError } from "./error-response.js";
import { overloaded } from "./places.js";
import { countError, doorOf } from "./request-metrics.js";
import { idOf } from "./request-state.js";
import { DEFAULT_HEADERS } from "./security-headers.js";

type Dependencies = {
  readonly restErrors: RestErrorStyle;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
};

const LOG_EVERY_MS = 1_000;

/**
 * The answer to a request for which there is no place, made before anything else is: a server that has too much to do
 * must not spend its time on saying so. Hence the log has one line a second for all of them.
 */
export function createOverloadRefusal({ restErrors, metrics, clock, random, logger }: Dependencies) {
  const error = overloaded();
  let refused = 0;
  let loggedAtMs = Number.NEGATIVE_INFINITY;

  function note(path: string): void {
    metrics.request({ door: doorOf(path), operation: "refused", status: error.httpStatus, durationMs: 0 });
    countError(metrics, error.reason);
    refused += 1;
    const nowMs = clock.now().getTime();
    if (nowMs - loggedAtMs < LOG_EVERY_MS) return;
    logger.warn({ refused }, "overloaded: requests refused since the last such line");
    refused = 0;
    loggedAtMs = nowMs;
  }

  return (request: Request, path: string, client: Client): Response => {
    note(path);
    const requestId = idOf(request, random);
    const response = respondToError(error, request, path, { requestId, origin: client.origin ?? new URL(request.url).origin }, restErrors);
    response.headers.set("X-Request-Id", requestId);
    for (const [name, value] of Object.entries(DEFAULT_HEADERS)) response.headers.set(name, value);
    response.headers.set("Access-Control-Allow-Origin", "*");
    response.headers.set("Access-Control-Expose-Headers", "X-Request-Id, Retry-After");
    return response;
  };
}
