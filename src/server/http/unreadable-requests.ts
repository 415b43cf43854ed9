import { STATUS_CODES, type Server as HttpServer } from "node:http";
import type { Duplex } from "node:stream";
import { AppError } from "../../core/errors/app-error.js";
import type { Client } from "../../core/request/client-address.js";
import type { RenderedError } from "../../core/request/rendered-answer.js";
import { headerPairs } from "../../platform/header-list.js";
import type { RejectHead } from "./head-rejection.js";
import type { PendingAnswers } from "./pending-answers.js";
import { malformed, normalizeHead } from "./request-head.js";

/** The client of a request of which nothing is known. */
export const STRANGER: Client = { address: "unknown", origin: null };

/**
 * Answers what the HTTP parser cannot read, and CONNECT, in the catalogue's form. By itself Node answers with an empty body,
 * or not at all.
 */
export function answerUnreadable(http: HttpServer, pendingAnswers: PendingAnswers, rejectHead: RejectHead): void {
  http.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
    const answer = () => {
      if (socket.writable) write(rejectHead(toAppError(error.code), {}, STRANGER), socket);
    };
    const pending = pendingAnswers.latestOf(socket);
    // What follows a whole request must not take its answer away.
    if (pending?.req.complete === true && !pending.writableFinished) pending.once("finish", answer);
    else answer();
  });
  http.on("connect", (incoming, socket) =>
    write(rejectHead(normalizeHead(incoming) ?? malformed("The target is no path"), incoming, STRANGER), socket),
  );
}

function toAppError(code = ""): AppError {
  const [httpStatus, message] = UNREADABLE[code] ?? [400, "The request is not HTTP that this server can read"];
  return new AppError("INVALID_FORMAT", { message, httpStatus });
}

/** Node's codes, and how they are answered. */
const UNREADABLE: Readonly<Record<string, readonly [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, "The headers are too long"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "The request did not arrive in time (REQUEST_TIMEOUT_MS)"],
};

/** How long a connection that is rejected may take to read why. */
const LINGER_MS = 1_000;

/** Answers a connection from which nothing was read, and closes it, however slowly its client reads. */
export function rejectSocket(answer: RenderedError, socket: Duplex): void {
  write(answer, socket);
  socket.resume(); // what it sends is thrown away
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.on("error", () => undefined).once("close", () => clearTimeout(timer));
}

/** Writes an answer for which Node made no response, and closes the connection. */
function write({ status, headers, body }: RenderedError, socket: Duplex): void {
  const all = [...headers, "Content-Length", String(Buffer.byteLength(body)), "Connection", "close"];
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`, ...[...headerPairs(all)].map(([name, value]) => `${name}: ${value}`)];
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
}
