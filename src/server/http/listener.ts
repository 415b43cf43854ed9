import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Logger } from "../../platform/logger.js";
import { createPeerCounter } from "../../core/request/client-address.js";
import { limitConnections, mostConnections } from "./connection-limit.js";
import { createPendingAnswers } from "./pending-answers.js";
import { createRequestHandler, type Answering } from "./request-handler.js";
import { answerUnreadable, rejectSocket } from "./unreadable-requests.js";

type Options = {
  readonly server: Answering;
  readonly logger: Logger;
  /** How many files the system lets the process open. */
  readonly openFilesLimit: number;
  readonly config: {
    readonly host: string;
    readonly port: number;
    readonly maxConnections: number;
    readonly requestTimeoutMs: number;
    readonly operations: { readonly queueMs: number; readonly timeoutMs: number };
    readonly trustedProxies: readonly string[];
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

/** How many times within the shortest timeout it is looked whether one has passed. */
const CHECKS = 4;

/** Opens the port. What cannot be read as HTTP, or comes too slowly, is answered in the catalogue's form too. */
export function openListener({ server, logger, openFilesLimit, config }: Options): Promise<Listener> {
  const { host, port, requestTimeoutMs, operations, trustedProxies } = config;
  const handler = createRequestHandler(server, trustedProxies);
  let closesConnections = false;

  const http = createServer(timeoutsOf(requestTimeoutMs), (incoming, outgoing) => {
    pendingAnswers.add(outgoing);
    if (closesConnections || connections.isAwaited(incoming.socket)) outgoing.setHeader("Connection", "close");
    handler.answer(incoming, outgoing);
  });
  const pendingAnswers = createPendingAnswers(() => {
    if (!http.listening) setImmediate(() => http.closeIdleConnections());
  });
  // A client that does not read its answer is let go, but not one that waits for it.
  http.setTimeout(requestTimeoutMs + operations.queueMs + operations.timeoutMs);
  answerUnreadable(http, pendingAnswers, server.rejectHead);
  http.on("checkExpectation", handler.rejectExpectation);
  const connections = limitConnections(http, {
    most: mostConnections(config.maxConnections, openFilesLimit),
    addressOf: createPeerCounter(trustedProxies),
    reject: (socket) => rejectSocket(server.rejectConnection(), socket),
    logger,
  });

  return new Promise((resolve, reject) => {
    http.once("error", reject);
    http.listen(port, host, () =>
      resolve({
        port: (http.address() as AddressInfo).port, // a server on TCP has an address with a port, not a path
        shedConnections: () => void (closesConnections = true),
        close: (timeoutMs) => close(http, timeoutMs, pendingAnswers.count),
      }),
    );
  });
}

function timeoutsOf(requestTimeoutMs: number) {
  const headersTimeout = Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs);
  return {
    requestTimeout: requestTimeoutMs,
    headersTimeout,
    connectionsCheckingInterval: Math.min(LONGEST_CHECK_MS, headersTimeout / CHECKS),
    keepAliveTimeout: KEEP_ALIVE_MS,
    requireHostHeader: false, // Node would answer without a body
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
