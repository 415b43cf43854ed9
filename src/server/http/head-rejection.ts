import type { IncomingMessage } from "node:http";
import type { AppError } from "../../core/errors/app-error.js";
import { logFailure } from "../../core/errors/log-failure.js";
import type { RestErrorStyle } from "../../core/errors/to-rest.js";
import type { Client } from "../../core/request/client-address.js";
import { originOfHost } from "../../core/request/origin.js";
import type { RenderedError } from "../../core/request/rendered-answer.js";
import { renderError } from "./error-response.js";
import type { Exchanges } from "./exchanges.js";
import { withoutDoubleSlash } from "./router.js";

/** What is known of a request that no handler can take. Of one that is not HTTP, nothing is known. */
export type RejectedHead = Partial<Pick<IncomingMessage, "method" | "url" | "headers">>;

export type RejectHead = (error: AppError, head: RejectedHead, client: Client) => RenderedError;

type Dependencies = { readonly exchanges: Exchanges; readonly restErrors: RestErrorStyle };

/** Makes the answer to a request whose head is malformed, so that no handler can take it. It is logged and counted as any other. */
export function createHeadRejection({ exchanges, restErrors }: Dependencies): RejectHead {
  return (error, { method = "", url = "", headers = {} }, client) => {
    const facts = { requestId: headers["x-request-id"], findOrigin: () => originOfHost(headers.host) };
    const exchange = exchanges.begin({ head: facts, client, onClose: () => undefined }); // its answer holds no content
    const { state } = exchange;
    const path = withoutDoubleSlash(url.split("?", 1)[0] ?? url);
    state.errorReasons.push(error.reason);
    logFailure(state.log, error);
    const { status, headers: own, body } = renderError(error, { path, accept: headers.accept ?? null, style: restErrors }, state);
    exchanges.end(exchange, { method, path, status });
    return { status, headers: [...exchanges.headersOf(state, path), ...own], body };
  };
}
