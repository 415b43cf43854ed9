import type { Client } from "../../core/request/client-address.js";
import { DEFAULT_HEADERS } from "../../core/request/security-headers.js";
import { createRequestState, type RequestHead, type RequestState } from "../../core/request/state.js";
import { rateLimitHeaders } from "../../core/limits/headers.js";
import type { Clock } from "../../platform/clock.js";
import type { Logger } from "../../platform/logger.js";
import type { Metrics } from "../../platform/metrics.js";
import type { Random } from "../../platform/random.js";
import { logRequest } from "./request-log.js";
import { countRequest } from "./request-metrics.js";

export type Exchanges = ReturnType<typeof createExchanges>;

/** One request and its answer. */
export type Exchange = { readonly state: RequestState; readonly startedAtMs: number };

type Dependencies = { readonly clock: Clock; readonly random: Random; readonly logger: Logger; readonly metrics: Metrics };

/** What surrounds every answer, whichever way its request came in: the request's id, the limits' headers, a line in the log, the metrics. */
export function createExchanges({ clock, random, logger, metrics }: Dependencies) {
  return {
    begin: (head: RequestHead, client: Client): Exchange => ({
      state: createRequestState(head, client, { logger, random }),
      startedAtMs: clock.now().getTime(),
    }),

    /** The headers that an answer has beside its own, and before them. */
    headersOf: ({ requestId, decision }: RequestState): Readonly<Record<string, string>> =>
      decision === null
        ? { ...DEFAULT_HEADERS, "X-Request-Id": requestId }
        : { ...DEFAULT_HEADERS, "X-Request-Id": requestId, ...rateLimitHeaders(decision, clock.now()) },

    end({ state, startedAtMs }: Exchange, asked: { readonly method: string; readonly path: string }, status: number): void {
      const answered = { ...asked, status, durationMs: clock.now().getTime() - startedAtMs };
      logRequest(logger, state, answered);
      countRequest(metrics, state, answered);
    },
  };
}
