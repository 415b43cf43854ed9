import { AppError } from "../../core/errors/app-error.js";
import { chooseMediaType } from "../../core/request/accept.js";

/** Clients that accept anything get the first one. Newer clients name the second one. */
const MEDIA_TYPES = ["application/json", "application/graphql-response+json"] as const;

export type MediaType = (typeof MEDIA_TYPES)[number];

/** Chooses the media type of an answer by the Accept header. A client that accepts neither gets its error as JSON. */
export function answerTypeOf(accept: string | null): MediaType {
  return chooseMediaType(accept, MEDIA_TYPES) ?? "application/json";
}

/** Runs before the operation, whose answer the client could not read. @throws VALIDATION_ERROR with status 406 */
export function requireAcceptable(accept: string | null): void {
  if (chooseMediaType(accept, MEDIA_TYPES) !== null) return;
  throw new AppError("INVALID_PARAMETER", { message: `The answer can be ${MEDIA_TYPES.join(" or ")}`, httpStatus: 406 });
}
