import { AppError } from "./app-error.js";
import type { ErrorReason } from "./catalogue.js";

/** Prisma's error codes (Prisma's error reference) that tell of the database, not of a bug. */
const BY_PRISMA_CODE: Readonly<Record<string, ErrorReason>> = {
  P1001: "UPSTREAM_UNAVAILABLE", // cannot reach the server
  P1002: "UPSTREAM_UNAVAILABLE", // reached, but it timed out
  P1008: "UPSTREAM_TIMEOUT",
  P1017: "UPSTREAM_ERROR", // the server closed the connection
  P2024: "UPSTREAM_UNAVAILABLE", // no connection became free
  P2028: "UPSTREAM_TIMEOUT", // a transaction passed its deadline
  P2037: "UPSTREAM_UNAVAILABLE", // too many connections
};

/** PostgreSQL's error codes (its manual, appendix A). */
const BY_SQL_STATE: Readonly<Record<string, ErrorReason>> = {
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
};

/** What the network or the pool says where neither Prisma nor PostgreSQL has a code of its own. */
const BY_MESSAGE: readonly (readonly [RegExp, ErrorReason])[] = [
  [/timeout exceeded when trying to connect|ECONNREFUSED|ENOTFOUND|Can't reach database/i, "UPSTREAM_UNAVAILABLE"],
  [/Query read timeout|ETIMEDOUT/i, "UPSTREAM_TIMEOUT"],
  [/Connection terminated|ECONNRESET|EPIPE|closed the connection/i, "UPSTREAM_ERROR"],
];

/** Any thrown value as an entry of the catalogue: what is not known is INTERNAL_ERROR, with the value as its cause. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const reason = findDatabaseReason(thrown) ?? "INTERNAL_ERROR";
  return new AppError(reason, { cause: thrown });
}

function findDatabaseReason(thrown: unknown): ErrorReason | undefined {
  // Prisma wraps a driver's error twice at most; the innermost code is the most precise.
  for (let error = thrown, depth = 0; error instanceof Error && depth < 4; error = error.cause, depth += 1) {
    const found = reasonOf(error);
    if (found !== undefined) return found;
  }
  return undefined;
}

function reasonOf(error: Error): ErrorReason | undefined {
  for (const code of codesOf(error)) {
    const reason = BY_PRISMA_CODE[code] ?? BY_SQL_STATE[code];
    if (reason !== undefined) return reason;
  }
  return BY_MESSAGE.find(([pattern]) => pattern.test(error.message))?.[1];
}

function codesOf(error: Error): string[] {
  const { code, meta } = error as {
    code?: unknown;
    meta?: { code?: unknown; driverAdapterError?: { cause?: { originalCode?: unknown } } };
  };
  return [meta?.driverAdapterError?.cause?.originalCode, meta?.code, code].filter((value) => typeof value === "string");
}
