import { GraphQLError, Kind } from "graphql";
import { AppError } from "./app-error.js";
import { badInput, type BadField } from "./bad-input.js";

/** No answer repeats more of a client's own text than this. */
const MOST_CHARACTERS = 500;

/** Whether the error lies in the GraphQL document or its variables, rather than in the HTTP request around them. */
export function isDocumentError(thrown: unknown): boolean {
  if (!(thrown instanceof GraphQLError)) return false;
  const isLocated = thrown.nodes !== undefined || thrown.source !== undefined;
  return isLocated || (thrown.originalError == null && thrown.extensions.http === undefined);
}

/**
 * The catalogue's entry for an error that GraphQL itself raised about a request: its syntax, its variables, its choice
 * of operation. Such errors carry no code and are told apart by shape and message. Null for errors of the server.
 */
export function toRequestError(error: GraphQLError, { hints }: { readonly hints: boolean }): AppError | null {
  const message = sayable(error.message, hints);
  if (error.path !== undefined) return /^Argument "/.test(message) ? new AppError("INVALID_FORMAT", { message }) : null;
  if (error.nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION) return toVariableError(error, hints);
  if (error.originalError != null) return null;
  if (message.startsWith("Syntax Error")) return new AppError("INVALID_FORMAT", { message });
  if (error.extensions.http !== undefined) return toParameterError(message);
  return new AppError("INVALID_PARAMETER", { message });
}

/** A mistake in the parameters of the request (GraphQL over HTTP, section "Request parameters"). */
function toParameterError(message: string): AppError {
  if (message !== "Must provide query string.") return new AppError("INVALID_FORMAT", { message });
  return badInput([{ path: ["query"], reason: "MISSING_REQUIRED_FIELD", message }]);
}

function toVariableError(error: GraphQLError, hints: boolean): AppError {
  const about = error.originalError?.message;
  const message = sayable(error.message, hints);
  const [variable = ""] = /(?<=^Variable "\$)\w+/.exec(message) ?? [];
  const place = about === undefined ? undefined : / at "([^"]+)"$/.exec(error.message.slice(0, -`; ${about}`.length))?.[1];
  const isMissing = /was not provided\.$|must not be null\.$/.test(message);
  const field: BadField = {
    path: toPath(place ?? variable),
    reason: isMissing ? "MISSING_REQUIRED_FIELD" : "INVALID_FORMAT",
    message: about === undefined ? message : sayable(about, hints),
  };
  return new AppError(field.reason, { message, details: { fields: [field] } });
}

/** `input.tags[0]` as `["input", "tags", 0]`. */
function toPath(text: string): (string | number)[] {
  return text
    .split(/[.[\]]+/)
    .filter((part) => part !== "")
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

/** A library's message as it may be sent: bounded, and without the hints that would give a hidden schema away. */
export function sayable(message: string, hints: boolean): string {
  const text = hints ? message : message.replace(/\s*Did you mean .*\?/gs, "");
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)}…`;
}
