import type { Logger } from "../../platform/logger.js";
import type { AppError } from "./app-error.js";

/** One line a failure: a bug with its stack, the database's failures as warnings, clients' mistakes for debugging only. */
export function logFailure(log: Logger, error: AppError, context: Readonly<Record<string, unknown>> = {}): void {
  const facts = { reason: error.reason, ...context };
  if (error.reason === "INTERNAL_ERROR") log.error({ ...facts, err: error.cause ?? error }, "internal error");
  else if (error.httpStatus >= 500) log.warn({ ...facts, err: error.cause ?? error }, "upstream failure");
  else log.debug({ ...facts, message: error.message }, "request refused");
}
