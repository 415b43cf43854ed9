import { AppError } from "../errors/app-error.js";

const RETRY_AFTER_SECONDS = 1;

/** Makes the SERVICE_UNAVAILABLE error of an overloaded server. */
export function overloaded(message = "The server has more to do than it can at the moment"): AppError {
  return new AppError("UPSTREAM_UNAVAILABLE", {
    message,
    details: { retryAfter: RETRY_AFTER_SECONDS },
    headers: { "Retry-After": String(RETRY_AFTER_SECONDS) },
  });
}
