import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener, RequestError } from "@hono/node-server";
import { AppError } from "../../core/errors/app-error.js";
import { toAppError } from "../../core/errors/from-unknown.js";
import { createClientFinder, type Client } from "../../core/request/client-address.js";
import { toResponse, type RenderedAnswer, type RenderedError } from "../../core/request/rendered-answer.js";
import type { OnClose } from "../../core/request/state.js";
import type { NodeRequest } from "./direct-handler.js";
import type { RejectHead } from "./head-rejection.js";
import { createHostCheck, malformed, normalizeHead } from "./request-head.js";
import type { WebClient } from "./router.js";
import { STRANGER } from "./unreadable-requests.js";
import { writeAnswer } from "./write-answer.js";

/** What the listener needs of a server. */
export type Answering = {
  readonly rejectOverload: (head: IncomingMessage, findClient: () => Client) => RenderedAnswer | null;
  readonly rejectConnection: () => RenderedError;
  readonly answer: (request: NodeRequest, findClient: () => Client) => Promise<RenderedAnswer> | null;
  readonly fetch: (request: Request, client: WebClient) => Promise<Response>;
  readonly rejectHead: RejectHead;
};

/** How long the rest of a body is taken and thrown away, for a client that reads its answer only after it has sent everything. */
const LINGER_MS = 1_000;

/** Makes the functions that answer the requests which the HTTP parser could read. */
export function createRequestHandler(server: Answering, trustedProxies: readonly string[]) {
  const clientOf = createClientFinder(trustedProxies);
  const isHost = createHostCheck();
  // HTTP/2 is not spoken, so that what comes in is what HTTP/1 has.
  const answerWebRequest = getRequestListener(
    (request, bindings) => {
      const { incoming, outgoing } = bindings as { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse };
      return server.fetch(request, { ...clientOf(incoming), onClose: whenClosed(outgoing) });
    },
    {
      errorHandler: (error) =>
        toResponse(server.rejectHead(error instanceof RequestError ? malformed(error.message) : toAppError(error), {}, STRANGER)),
    },
  );

  function reject(error: AppError, incoming: IncomingMessage, outgoing: ServerResponse): void {
    closeSoon(incoming, outgoing);
    writeAnswer(server.rejectHead(error, incoming, clientOf(incoming)), outgoing);
  }

  return {
    answer(incoming: IncomingMessage, outgoing: ServerResponse): void {
      const mistake = normalizeHead(incoming, isHost);
      if (mistake !== null) return reject(mistake, incoming, outgoing);
      const findClient = () => clientOf(incoming);
      const rejection = server.rejectOverload(incoming, findClient);
      if (rejection !== null) return writeAnswer(rejection, outgoing);
      const { method, url, headers } = incoming;
      const isGone = () => outgoing.destroyed;
      const answered = server.answer({ method, url, headers, body: incoming, isGone, onClose: whenClosed(outgoing) }, findClient);
      if (answered === null) return void answerWebRequest(incoming, outgoing);
      answered.then(
        (rendered) => {
          if (!incoming.complete) closeSoon(incoming, outgoing);
          writeAnswer(rendered, outgoing);
        },
        () => outgoing.destroy(), // the server shapes every error, so that this is a bug without an answer
      );
    },

    rejectExpectation(incoming: IncomingMessage, outgoing: ServerResponse): void {
      reject(new AppError("INVALID_FORMAT", { message: "The server cannot do what Expect asks for", httpStatus: 417 }), incoming, outgoing);
    },
  };
}

/** Lets listeners hear that an answer was written, or its client is gone; at once where that has happened. */
function whenClosed(outgoing: ServerResponse): OnClose {
  return (listener) => {
    if (outgoing.closed) listener();
    else outgoing.once("close", listener);
  };
}

/**
 * Closes a connection on which a body was not read to the end, so that it cannot take another request. A client that is still sending does not look for the answer if its connection is closed at once (RFC 9112, section 9.6).
 */
function closeSoon(incoming: IncomingMessage, outgoing: ServerResponse): void {
  outgoing.setHeader("Connection", "close");
  incoming.resume();
  const timer = setTimeout(() => incoming.destroy(), LINGER_MS);
  incoming.once("close", () => clearTimeout(timer));
}
