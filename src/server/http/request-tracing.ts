import { context as active, propagation, SpanKind, SpanStatusCode, type Tracer } from "@opentelemetry/api";
import type { MiddlewareHandler } from "hono";
import { doorOf } from "./request-metrics.js";
import type { Environment } from "../../core/request/state.js";

/**
 * A span for each request, beneath the caller's where it sent a traceparent (OpenTelemetry's semantic conventions for
 * HTTP servers). It holds no query string, header, document or variable: these may be secrets or content.
 */
export function traceRequests(tracer: Tracer): MiddlewareHandler<Environment> {
  return async (context, next) => {
    const { method, path, raw } = context.req;
    const parent = propagation.extract(active.active(), raw.headers, {
      get: (headers, name) => headers.get(name) ?? undefined,
      keys: () => [],
    });
    const attributes = { "http.request.method": method, "url.path": path };
    await tracer.startActiveSpan(`${method} ${doorOf(path)}`, { kind: SpanKind.SERVER, attributes }, parent, async (span) => {
      try {
        await next();
        const { requestId, operationNames, principal } = context.get("state");
        const [name] = operationNames;
        if (name !== undefined && operationNames.length === 1) span.updateName(name);
        span.setAttribute("http.response.status_code", context.res.status);
        span.setAttribute("backstory.request_id", requestId);
        if (principal !== null) span.setAttribute("backstory.key_id", principal.keyId);
        if (context.res.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      } finally {
        span.end();
      }
    });
  };
}
