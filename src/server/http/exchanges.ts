import { DEFAULT_HEADERS } from "../../core/request/security-headers.js";
import { createRequestState, type AnswerLimits, type Arrival, type RequestState } from "../../core/request/state.js";
import { rateLimitHeaders } from "../../core/limits/headers.js";
import { toHeaderList, type HeaderList } from "../../platform/header-list.js";
import type { Clock } from "../../platform/clock.js";
import type { Logger } from "../../platform/logger.js";
import type { Metrics } from "../../platform/metrics.js";
import type { Random } from "../../platform/random.js";
import { corsHeadersOf } from "./cors.js";
import { logRequest } from "./request-log.js";
import { countRequest } from "./request-metrics.js";

const DEFAULT_HEADER_LIST = toHeaderList(DEFAULT_HEADERS);

export type Exchanges = ReturnType<typeof createExchanges>;

/** One request and its answer. */
export type Exchange = {
  readonly state: RequestState;
  /** On the monotonic clock. */
  readonly startedAtMs: number;
};

type Answered = { readonly method: string; readonly path: string; readonly status: number };

type Dependencies = {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly answers: AnswerLimits;
  readonly publicUrl: string | undefined;
};

/** What surrounds every answer, whichever way its request came in: the request's id, the headers of limits and CORS, a line in the log, the metrics. */
export function createExchanges(dependencies: Dependencies) {
  const { clock, logger, metrics } = dependencies;
  return {
    begin: (arrival: Arrival): Exchange => ({
      state: createRequestState(arrival, dependencies),
      startedAtMs: clock.monotonicMs(),
    }),

    /** The headers that an answer has beside its own, and before them. */
    headersOf: ({ requestId, decision }: RequestState, path: string): HeaderList => {
      const limits = decision === null ? [] : rateLimitHeaders(decision, clock.now());
      return [...DEFAULT_HEADER_LIST, "X-Request-Id", requestId, ...limits, ...corsHeadersOf(path)];
    },

    end({ state, startedAtMs }: Exchange, { method, path, status }: Answered): void {
      const answered = { method, path, status, durationMs: Math.round(clock.monotonicMs() - startedAtMs) };
      logRequest(logger, state, answered);
      countRequest(metrics, state, answered);
    },
  };
}
