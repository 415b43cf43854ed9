import { GraphQLError, type GraphQLFormattedError } from "graphql";
import { AppError } from "./app-error.js";
import { toAppError } from "./from-unknown.js";
import { catalogue } from "./catalogue.js";
import type { RequestFacts } from "./request-facts.js";
import { toRequestError } from "./graphql-request-errors.js";

/** A failure as the answer shows it, and the error behind it for the log and the status. */
export type ShapedError = { readonly error: GraphQLFormattedError; readonly cause: AppError };

/** Gives any error of a GraphQL result the one form that clients see. */
export function shapeGraphQLError(thrown: unknown, request: RequestFacts, options: { readonly hints: boolean }): ShapedError {
  const cause =
    findAppError(thrown) ?? (thrown instanceof GraphQLError ? toRequestError(thrown, options) : null) ?? toAppError(innermost(thrown));
  const { locations, path } = thrown instanceof GraphQLError ? thrown : NOWHERE;
  const error = {
    message: cause.message,
    ...(locations === undefined ? {} : { locations }),
    ...(path === undefined ? {} : { path }),
    extensions: toExtensions(cause, request),
  };
  return { error, cause };
}

const NOWHERE = { locations: undefined, path: undefined };

/** Makes the `extensions` of an error: the catalogue's facts and the error's details, at the same level. */
function toExtensions({ reason, httpStatus, details }: AppError, { requestId, origin }: RequestFacts): Record<string, unknown> {
  const { code, retryable, solution } = catalogue[reason];
  return {
    code,
    reason,
    status: httpStatus,
    retryable,
    requestId,
    solution,
    documentationUrl: `${origin}/errors#${code}`,
    ...details,
  };
}

function findAppError(thrown: unknown): AppError | null {
  const inner = innermost(thrown);
  return inner instanceof AppError ? inner : null;
}

/** Unwraps the value that a resolver threw, which GraphQL wraps in its own errors. */
function innermost(thrown: unknown): unknown {
  let inner = thrown;
  while (inner instanceof GraphQLError && inner.originalError != null) inner = inner.originalError;
  return inner;
}
