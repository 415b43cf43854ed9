import type { Logger } from "../../platform/logger.js";
import type { AppError } from "./app-error.js";

/**
 * Logs one line for a failure: a bug as an error with its stack, a failure of the database as a warning, a client's mistake
 * at debug level.
 */
export function logFailure(log: Logger, error: AppError, context: Readonly<Record<string, unknown>> = {}): void {
  const facts = { reason: error.reason, ...context };
  if (error.reason === "INTERNAL_ERROR") log.error({ ...facts, err: error.cause ?? error }, "internal error");
  else if (error.httpStatus >= 500) log.warn({ ...facts, err: error.cause ?? error }, "upstream failure");
  else log.debug({ ...facts, message: error.message }, "request refused");
}
