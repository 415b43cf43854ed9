import { AppError } from "../../core/errors/app-error.js";
import { chooseMediaType } from "../../core/request/accept.js";

/** The first is for clients that take anything; newer ones name the second. */
const MEDIA_TYPES = ["application/json", "application/graphql-response+json"] as const;

export type MediaType = (typeof MEDIA_TYPES)[number];

/** The media type of the answer to a request, by its Accept header; JSON tells those who take neither why they get none. */
export function answerTypeOf(accept: string | null): MediaType {
  return chooseMediaType(accept, MEDIA_TYPES) ?? "application/json";
}

/** @throws VALIDATION_ERROR with status 406, before anything is run for an answer that the client could not read */
export function requireAcceptable(accept: string | null): void {
  if (chooseMediaType(accept, MEDIA_TYPES) !== null) return;
  throw new AppError("INVALID_PARAMETER", { message: `The answer can be ${MEDIA_TYPES.join(" or ")}`, httpStatus: 406 });
}
