import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { Tracer } from "@opentelemetry/api";
import type { Client } from "../../core/request/client-address.js";
import { GRAPHQL_PATH } from "../../core/request/paths.js";
import type { RenderedAnswer } from "../../core/request/rendered-answer.js";
import { originOfHost } from "../../core/request/origin.js";
import type { OnClose } from "../../core/request/state.js";
import type { createDirectGraphQL } from "../graphql/direct.js";
import type { Exchanges } from "./exchanges.js";
import { traceExchange } from "./request-tracing.js";
import { CLIENT_GONE } from "./router.js";

/** A request as Node's HTTP server gives it. */
export type NodeRequest = {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
  /** Whether its client does not wait for the answer any more. */
  readonly isGone: () => boolean;
  readonly onClose: OnClose;
};

type Dependencies = {
  readonly graphql: ReturnType<typeof createDirectGraphQL>;
  readonly exchanges: Exchanges;
  readonly tracer: Tracer | null;
};

/** Answers the requests that need no web request made for them; null for all others. */
export function createDirectHandler({ graphql, exchanges, tracer }: Dependencies) {
  async function answer(request: NodeRequest, client: Client): Promise<RenderedAnswer> {
    const { headers } = request;
    const head = { requestId: headers["x-request-id"], findOrigin: () => originOfHost(headers.host) };
    const exchange = exchanges.begin({ head, client, onClose: request.onClose });
    const { state } = exchange;
    let answered: RenderedAnswer | undefined;
    const traced = { method: "POST", path: GRAPHQL_PATH, state, header: (name: string) => headers[name]?.toString() };
    await traceExchange(tracer, traced, async () => {
      const result = await graphql(request, state);
      const status = request.isGone() ? CLIENT_GONE : result.status;
      answered = { status, headers: [...exchanges.headersOf(state, GRAPHQL_PATH), ...result.headers], body: result.body };
      exchanges.end(exchange, { method: "POST", path: GRAPHQL_PATH, status });
      return status;
    });
    if (answered === undefined) throw new Error("The request has no answer");
    return answered;
  }

  return (request: NodeRequest, client: () => Client): Promise<RenderedAnswer> | null => {
    const { method, url = "" } = request;
    const isGraphQL = url === GRAPHQL_PATH || url.startsWith(`${GRAPHQL_PATH}?`);
    return method === "POST" && isGraphQL ? answer(request, client()) : null;
  };
}
