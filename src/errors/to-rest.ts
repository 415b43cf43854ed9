import type { AppError } from "./app-error.js";

/** The body of a failure outside GraphQL (CONTRACT, section 1): the reason is its code. */
export function toRestBody({ reason, message, details }: AppError, requestId: string) {
  return { success: false, status: "failed", message, error: { code: reason, message, details: { ...details, requestId } } };
}
