import { context as active, propagation, SpanKind, SpanStatusCode, type Tracer } from "@opentelemetry/api";
import type { RequestState } from "../../core/request/state.js";
import { surfaceOf } from "./request-metrics.js";

type Traced = {
  readonly method: string;
  readonly path: string;
  readonly state: RequestState;
  readonly header: (name: string) => string | undefined;
};

/**
 * Answers a request in a span, beneath the caller's where it sent a traceparent (OpenTelemetry's semantic conventions for
 * HTTP servers). It holds no query string, header, document or variable: these may be secrets or content.
 */
export function traceExchange(tracer: Tracer | null, traced: Traced, answer: () => Promise<number>): Promise<unknown> {
  return tracer === null ? answer() : traceIn(tracer, traced, answer);
}

async function traceIn(tracer: Tracer, traced: Traced, answer: () => Promise<number>): Promise<void> {
  const { method, path, header, state } = traced;
  const parent = propagation.extract(active.active(), null, { get: (_carrier, name) => header(name), keys: () => [] });
  const attributes = { "http.request.method": method, "url.path": path };
  await tracer.startActiveSpan(`${method} ${surfaceOf(path)}`, { kind: SpanKind.SERVER, attributes }, parent, async (span) => {
    try {
      const status = await answer();
      const { requestId, operationNames, principal } = state;
      const [name] = operationNames;
      if (name !== undefined && operationNames.length === 1) span.updateName(name);
      span.setAttribute("http.response.status_code", status);
      span.setAttribute("backstory.request_id", requestId);
      if (principal !== null) span.setAttribute("backstory.key_id", principal.keyId);
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    } finally {
      span.end();
    }
  });
}
