import type { AppError } from "./app-error.js";
import { catalogue } from "./catalogue.js";
import type { RequestFacts } from "./request-facts.js";

/** The form of failures outside GraphQL. `plain` has the message as `error`, where SpecStory's clients look for it. */
export type RestErrorStyle = "structured" | "plain";

export const PROBLEM_TYPE = "application/problem+json";

/** Makes the body of a failure outside GraphQL. Its code is the reason of the catalogue. */
export function toRestBody({ reason, message, details }: AppError, { requestId }: Pick<RequestFacts, "requestId">, style: RestErrorStyle) {
  const facts = { ...toRestDetails(details), requestId };
  if (style === "plain") return { success: false, status: "failed", message, error: message, code: reason, details: facts };
  return { success: false, status: "failed", message, error: { code: reason, message, details: facts } };
}

/** Makes the body of a failure as problem details (RFC 9457). */
export function toProblem({ reason, message, details, httpStatus }: AppError, { requestId, origin }: RequestFacts) {
  const type = `${origin}/errors#${reason}`;
  return {
    ...toRestDetails(details),
    type,
    title: catalogue[reason].message,
    status: httpStatus,
    detail: message,
    code: reason,
    requestId,
  };
}

/** SpecStory's REST API spells this detail `retry_after`. */
function toRestDetails({ retryAfter, ...details }: AppError["details"]): Record<string, unknown> {
  return retryAfter === undefined ? details : { retry_after: retryAfter, ...details };
}
