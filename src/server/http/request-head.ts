import type { IncomingMessage } from "node:http";
import { AppError } from "../../core/errors/app-error.js";
import { isHost } from "../../core/request/origin.js";

/** What of a request says where it goes. */
export type TargetedHead = Pick<IncomingMessage, "method" | "url" | "httpVersion" | "headers" | "rawHeaders">;

/** The methods that any of the addresses takes. */
const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/** Remembers the last well-formed host: nearly all requests name the same one, and to read a host takes microseconds. */
export function createHostCheck(): (host: string) => boolean {
  let known: string | undefined;
  return (host) => {
    if (host === known) return true;
    if (!isHost(host)) return false;
    known = host;
    return true;
  };
}

/**
 * Checks the method, the target and the host of a request (RFC 9112, section 3.2), and brings them to the one form that
 * handlers know: a target that begins with a slash, and a Host header that names the host. Returns what is wrong, or null.
 */
export function normalizeHead(head: TargetedHead, isWellFormed: (host: string) => boolean = isHost): AppError | null {
  const { method, url = "", httpVersion } = head;
  if (httpVersion !== "1.1" && httpVersion !== "1.0") return malformed("The server speaks HTTP/1.1");
  if (countHosts(head.rawHeaders) > 1) return malformed("The request has more than one Host header");
  // HTTP/1.0 has no Host header.
  const host = head.headers.host ?? (httpVersion === "1.0" ? "localhost" : undefined);
  if (host === undefined) return malformed("The Host header is missing");
  if (!isWellFormed(host)) return malformed("The Host header is not a host with or without a port");
  head.headers.host = host;
  if (method === "TRACE" || method === "CONNECT") return notAllowed(method);
  if (url.startsWith("/")) {
    const hasBackslash = url.includes("\\") && url.split("?", 1)[0]?.includes("\\") === true;
    return hasBackslash ? malformed("The address has a backslash") : null;
  }
  if (url === "*" && method === "OPTIONS") return new AppError("ENDPOINT_NOT_FOUND", { message: "Ask for the options of an address" });
  return useAbsoluteForm(head, url);
}

/** A client may send a whole address as the target, and its host then counts more than the Host header. */
function useAbsoluteForm(head: TargetedHead, target: string): AppError | null {
  const [, host, rest] = /^https?:\/\/([^/?#]{1,300})(.*)$/is.exec(target) ?? [];
  if (host === undefined || rest === undefined || !isHost(host))
    return malformed("The target of the request is neither a path nor an address");
  head.headers.host = host;
  head.url = rest.startsWith("/") ? rest : `/${rest}`;
  return null;
}

/** Node keeps the first of several Host headers only. */
function countHosts(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === "host") count += 1;
  }
  return count;
}

/** The error for a request that breaks the rules of HTTP. */
export function malformed(message: string): AppError {
  return new AppError("INVALID_FORMAT", { message });
}

function notAllowed(method: string): AppError {
  const message = `This server does not take ${method}`;
  return new AppError("ENDPOINT_NOT_FOUND", { message, httpStatus: 405, headers: { Allow: METHODS } });
}
