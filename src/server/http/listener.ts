import { createServer, STATUS_CODES, type IncomingMessage, type Server as HttpServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import { AppError } from "../../core/errors/app-error.js";
import { toRestBody, type RestErrorStyle } from "../../core/errors/to-rest.js";
import type { Logger } from "../../platform/logger.js";
import type { Random } from "../../platform/random.js";
import { createClientFinder, createPeerCounter, type Client } from "../../core/request/client-address.js";
import type { OnClose } from "../../core/request/state.js";
import type { RenderedAnswer } from "../../core/request/rendered-answer.js";
import type { NodeRequest } from "./direct-handler.js";
import { DEFAULT_HEADERS } from "../../core/request/security-headers.js";
import { overloaded } from "../../core/load/overloaded.js";
import { limitConnections, mostConnections } from "./connection-limit.js";
import { writeAnswer } from "./write-answer.js";

/** What the listener needs of a server. */
type Answering = {
  readonly rejectOverload: (head: IncomingMessage, findClient: () => Client) => RenderedAnswer | null;
  readonly answer: (request: NodeRequest, findClient: () => Client) => Promise<RenderedAnswer> | null;
  readonly fetch: (request: Request, client: Client & { readonly onClose: OnClose }) => Promise<Response>;
};

type Options = {
  readonly server: Answering;
  readonly random: Random;
  readonly logger: Logger;
  /** How many files the system lets the process open. */
  readonly openFilesLimit: number;
  readonly config: {
    readonly maxConnections: number;
    readonly host: string;
    readonly port: number;
    readonly requestTimeoutMs: number;
    readonly operations: { readonly queueMs: number; readonly timeoutMs: number };
    readonly trustedProxies: readonly string[];
    readonly restErrors: RestErrorStyle;
  };
};

export type Listener = {
  readonly port: number;
  /** From now on every answer closes its connection, so that clients come back to another process. */
  readonly shedConnections: () => void;
  /** Takes no more connections and resolves when every request is answered, or after the time: with how many were not. */
  readonly close: (timeoutMs: number) => Promise<number>;
};

/**
 * Headers are small, so a client that needs longer for them means no good; bodies may be large and lines slow. With the time
 * between two checks it is ten seconds.
 */
const HEADERS_TIMEOUT_MS = 9_000;
const LONGEST_CHECK_MS = 1_000;

/** Longer than proxies keep a connection that is not in use: who is to close it first must not be the one that may be sent on. */
const KEEP_ALIVE_MS = 75_000;

/** How long the rest of a body is taken and thrown away, for a client that reads its answer only after it has sent everything. */
const LINGER_MS = 1_000;

/** How many times within the shortest timeout it is looked whether one has passed. */
const CHECKS = 4;

/** Opens the port. What cannot be read as HTTP, or comes too slowly, is answered here, in the catalogue's form. */
export function openListener({ server, random, logger, config, openFilesLimit }: Options): Promise<Listener> {
  const { host, port, requestTimeoutMs, operations, trustedProxies, restErrors } = config;
  const clientOf = createClientFinder(trustedProxies);
  const headersTimeout = Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs);
  const limits = {
    requestTimeout: requestTimeoutMs,
    headersTimeout,
    connectionsCheckingInterval: Math.min(LONGEST_CHECK_MS, headersTimeout / CHECKS),
    keepAliveTimeout: KEEP_ALIVE_MS,
  };
  let closesConnections = false;
  let answering = 0;

  // HTTP/2 is not spoken, so that what comes in is what HTTP/1 has.
  const answerWebRequest = getRequestListener((request, bindings) => {
    const { incoming, outgoing } = bindings as { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse };
    return server.fetch(request, { ...clientOf(incoming), onClose: whenClosed(outgoing) });
  });

  function answer(incoming: IncomingMessage, outgoing: ServerResponse): void {
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
  }

  const http = createServer(limits, (incoming, outgoing) => {
    answering += 1;
    outgoing.on("close", () => {
      answering -= 1;
      if (!http.listening) setImmediate(() => http.closeIdleConnections());
    });
    if (closesConnections || connections.isAwaited(incoming.socket)) outgoing.setHeader("Connection", "close");
    answer(incoming, outgoing);
  });
  // A client that does not read its answer is let go, but not one that waits for it.
  http.setTimeout(requestTimeoutMs + operations.queueMs + operations.timeoutMs);
  const connections = limitConnections(http, {
    most: mostConnections(config.maxConnections, openFilesLimit),
    addressOf: createPeerCounter(trustedProxies),
    reject: (socket) => rejectConnection(socket, { requestId: random.uuid(), style: restErrors }),
    logger,
  });
  http.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) =>
    rejectUnreadable(error, socket, { requestId: random.uuid(), style: restErrors }),
  );

  return new Promise((resolve, reject) => {
    http.once("error", reject);
    http.listen(port, host, () =>
      resolve({
        port: (http.address() as AddressInfo).port, // a server on TCP has an address with a port, not a path
        shedConnections: () => void (closesConnections = true),
        close: (timeoutMs) => close(http, timeoutMs, () => answering),
      }),
    );
  });
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

/** Lets listeners hear that an answer was written, or its client is gone; at once where that has happened. */
function whenClosed(outgoing: ServerResponse): OnClose {
  return (listener) => {
    if (outgoing.closed) listener();
    else outgoing.once("close", listener);
  };
}

async function close(http: HttpServer, timeoutMs: number, answering: () => number): Promise<number> {
  let left = 0;
  const timer = setTimeout(() => {
    left = answering();
    http.closeAllConnections();
  }, timeoutMs);
  await new Promise<void>((resolve, reject) => http.close((error) => (error === undefined ? resolve() : reject(error))));
  clearTimeout(timer);
  return left;
}

type RejectionForm = { readonly requestId: string; readonly style: RestErrorStyle };

/** A request that the HTTP parser could not read, so that no server saw it: too long a header, an unknown method, garbage. */
function rejectUnreadable(error: NodeJS.ErrnoException, socket: Duplex, { requestId, style }: RejectionForm): void {
  if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
  const [status, message] = UNREADABLE[error.code ?? ""] ?? [400, "The request is not HTTP that this server can read"];
  endWith(socket, new AppError("INVALID_FORMAT", { message, httpStatus: status }), { requestId, style });
}

/** A connection that is one too many of its address. It is closed, however slowly its client reads. */
function rejectConnection(socket: Socket, form: RejectionForm): void {
  endWith(socket, overloaded("Your address has as many connections as it may (MAX_CONNECTIONS)"), form);
  socket.resume(); // what it sends is thrown away
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
}

/** Writes an error to a connection from which no request was read, and ends it. */
function endWith(socket: Duplex, error: AppError, { requestId, style }: RejectionForm): void {
  const body = JSON.stringify(toRestBody(error, { requestId }, style));
  const headers = {
    ...DEFAULT_HEADERS,
    ...error.headers,
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
    "X-Request-Id": requestId,
    Connection: "close",
  };
  const lines = [
    `HTTP/1.1 ${error.httpStatus} ${STATUS_CODES[error.httpStatus] ?? ""}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
}

/** Node's codes, and how they are answered. */
const UNREADABLE: Readonly<Record<string, readonly [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, "The headers are too long"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "The request did not arrive in time (REQUEST_TIMEOUT_MS)"],
};
