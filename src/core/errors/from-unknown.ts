import { AppError } from "./app-error.js";
import type { ErrorReason } from "./catalogue.js";

/**
 * Codes of failures of the database or of races, not of bugs: Prisma's (its error reference), PostgreSQL's (its manual,
 * appendix A), Node's.
 */
const BY_CODE: Readonly<Record<string, ErrorReason>> = {
  P1001: "UPSTREAM_UNAVAILABLE", // cannot reach the server
  P1002: "UPSTREAM_UNAVAILABLE", // reached, but it timed out
  P1008: "UPSTREAM_TIMEOUT",
  P1017: "UPSTREAM_ERROR", // the server closed the connection
  P2002: "RESOURCE_CONFLICT", // a unique value was taken in between
  P2003: "RESOURCE_CONFLICT", // what a row refers to was deleted in between
  P2024: "UPSTREAM_UNAVAILABLE", // no connection became free
  P2025: "RESOURCE_NOT_FOUND", // a row was deleted in between
  P2028: "UPSTREAM_TIMEOUT", // a transaction passed its deadline
  P2034: "UPSTREAM_UNAVAILABLE", // a deadlock or write conflict: repeating it helps
  P2037: "UPSTREAM_UNAVAILABLE", // too many connections
  "23503": "RESOURCE_CONFLICT", // foreign key
  "23505": "RESOURCE_CONFLICT", // unique
  "40001": "UPSTREAM_UNAVAILABLE", // serialization failure
  "40P01": "UPSTREAM_UNAVAILABLE", // deadlock
  "57014": "UPSTREAM_TIMEOUT", // statement timeout
  "55P03": "UPSTREAM_TIMEOUT", // lock timeout
  "25P03": "UPSTREAM_TIMEOUT", // idle in transaction
  "57P01": "UPSTREAM_UNAVAILABLE", // the server is shutting down
  "57P02": "UPSTREAM_UNAVAILABLE",
  "57P03": "UPSTREAM_UNAVAILABLE", // the server is starting
  "53300": "UPSTREAM_UNAVAILABLE", // too many connections
  "53100": "UPSTREAM_UNAVAILABLE", // disk full
  "25006": "UPSTREAM_UNAVAILABLE", // read-only
  "08006": "UPSTREAM_ERROR",
  ECONNREFUSED: "UPSTREAM_UNAVAILABLE",
  ENOTFOUND: "UPSTREAM_UNAVAILABLE",
  EAI_AGAIN: "UPSTREAM_UNAVAILABLE",
  EHOSTUNREACH: "UPSTREAM_UNAVAILABLE",
  ETIMEDOUT: "UPSTREAM_TIMEOUT",
  ECONNRESET: "UPSTREAM_ERROR",
  EPIPE: "UPSTREAM_ERROR",
};

/**
 * Messages of drivers and the pool that come without a code, in lower case; the first match counts. None is a pattern,
 * since messages have any length.
 */
const BY_MESSAGE: readonly (readonly [string, ErrorReason])[] = [
  // The three messages of pg and its pool for a connection that was not made in time.
  ["timeout exceeded when trying to connect", "UPSTREAM_UNAVAILABLE"],
  ["connection terminated due to connection timeout", "UPSTREAM_UNAVAILABLE"],
  ["timeout expired", "UPSTREAM_UNAVAILABLE"],
  ["can't reach database", "UPSTREAM_UNAVAILABLE"],
  ["after calling end on the pool", "UPSTREAM_UNAVAILABLE"],
  ["query read timeout", "UPSTREAM_TIMEOUT"],
  ["sockettimeout", "UPSTREAM_TIMEOUT"],
  ["connection terminated", "UPSTREAM_ERROR"],
  ["connectionclosed", "UPSTREAM_ERROR"],
  ["closed the connection", "UPSTREAM_ERROR"],
  ["connection error and is not queryable", "UPSTREAM_ERROR"],
];

/** Turns any thrown value into an entry of the catalogue. An unknown value is INTERNAL_ERROR, with the value as its cause. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const reason = findReason(thrown) ?? "INTERNAL_ERROR";
  return new AppError(reason, { cause: thrown });
}

function findReason(thrown: unknown): ErrorReason | undefined {
  // Prisma wraps a driver's error twice at most.
  for (let error = thrown, depth = 0; isErrorLike(error) && depth < 4; error = error.cause, depth += 1) {
    const found = reasonOf(error);
    if (found !== undefined) return found;
  }
  return undefined;
}

type ErrorLike = { readonly message: string; readonly cause?: unknown };

function isErrorLike(value: unknown): value is ErrorLike {
  return typeof value === "object" && value !== null && "message" in value && typeof value.message === "string";
}

function reasonOf(error: ErrorLike): ErrorReason | undefined {
  for (const code of codesOf(error)) {
    const reason = BY_CODE[code];
    if (reason !== undefined) return reason;
  }
  const message = error.message.toLowerCase();
  return BY_MESSAGE.find(([words]) => message.includes(words))?.[1];
}

/** Returns the codes of an error, the most precise first. */
function codesOf(error: ErrorLike): string[] {
  const { code, meta } = error as {
    code?: unknown;
    meta?: { code?: unknown; driverAdapterError?: { cause?: { originalCode?: unknown } } };
  };
  return [meta?.driverAdapterError?.cause?.originalCode, meta?.code, code].filter((value) => typeof value === "string");
}
