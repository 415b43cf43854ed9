import { GraphQLError, Kind } from "graphql";
import { AppError } from "./app-error.js";
import { badInput, type BadField } from "./bad-input.js";
import { toBadField } from "./input-mistakes.js";
import { shorten } from "./shorten.js";

/** Whether the error lies in the GraphQL document or its variables, rather than in the HTTP request around them. */
export function isDocumentError(thrown: unknown): boolean {
  return thrown instanceof GraphQLError && (thrown.nodes !== undefined || thrown.source !== undefined);
}

/**
 * The catalogue's entry for an error that GraphQL itself raised about a document: its syntax, its types, an argument
 * that a variable left null. Such errors carry no code and are told apart by shape. Null for every other error, which
 * the server has to answer for.
 */
export function toRequestError(error: GraphQLError, { hints }: { readonly hints: boolean }): AppError | null {
  const message = toClientMessage(error.message, hints);
  if (error.path !== undefined) return toArgumentError(message);
  if (error.originalError != null) return null;
  if (error.source !== undefined && error.nodes === undefined) return new AppError("INVALID_FORMAT", { message });
  if (error.nodes !== undefined || message.startsWith("Too many ")) return new AppError("INVALID_PARAMETER", { message });
  return null;
}

/** Recognizes the mistake that only execution finds: a nullable variable was null, and its argument must not be. */
function toArgumentError(message: string): AppError | null {
  // The message was shortened before, so that the pattern reads 501 characters at most.
  const [, name] = /^Argument "(\w+)" of (?:non-null|required) type /.exec(message) ?? [];
  return name === undefined ? null : badInput([toBadField([name], message)]);
}

/** Joins the errors about variables into one that lists every bad value, and leaves the other errors as they are. */
export function joinVariableErrors(errors: readonly unknown[], hints: boolean): readonly unknown[] {
  const [first, ...more] = errors.filter(isVariableError);
  if (first === undefined) return errors;
  const cause = badInput([toVariableField(first, hints), ...more.map((error) => toVariableField(error, hints))]);
  const nodes = [...new Set([first, ...more].flatMap((error) => error.nodes ?? []))];
  const joined = new GraphQLError(cause.message, { nodes, originalError: cause });
  return [joined, ...errors.filter((error) => !isVariableError(error))];
}

function isVariableError(error: unknown): error is GraphQLError {
  if (!(error instanceof GraphQLError) || error.path !== undefined || error.originalError instanceof AppError) return false;
  return error.nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION;
}

/** Takes a message of graphql-js apart: `Variable "$input" got invalid value 5 at "input.name"; String cannot represent ...`. */
function toVariableField(error: GraphQLError, hints: boolean): BadField {
  const about = error.originalError?.message;
  const [definition] = error.nodes ?? [];
  const variable = definition?.kind === Kind.VARIABLE_DEFINITION ? definition.variable.name.value : "";
  if (about === undefined) return toBadField([variable], toClientMessage(error.message, hints));
  const path = pathAtEnd(error.message.slice(0, -`; ${about}`.length));
  const explanation = toClientMessage(about, hints);
  return { ...toBadField(path === null ? [variable] : toPath(path), explanation), message: `${path ?? variable}: ${explanation}` };
}

/**
 * Reads the path from a text that ends in ` at "input.name"`; null if it ends otherwise. The client's value before it has
 * any length, on which a pattern could take long.
 */
function pathAtEnd(text: string): string | null {
  const quote = text.lastIndexOf('"', text.length - 2);
  return quote !== -1 && text.endsWith('"') && text.startsWith(" at ", quote - 4) ? text.slice(quote + 1, -1) : null;
}

/** Turns `input.tags[0]` into `["input", "tags", 0]`. The text is short: its names are a variable's and those of the schema's fields. */
function toPath(text: string): (string | number)[] {
  return text
    .split(/[.[\]]+/)
    .filter((part) => part !== "")
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

/** Makes a library's message fit for clients: it is shortened, and loses the hints that would give a hidden schema away. */
export function toClientMessage(message: string, hints: boolean): string {
  return shorten(hints ? message : withoutHint(message));
}

const HINT = "Did you mean ";

/** Uses no pattern, because the message repeats the client's text: one with a space before the hint takes quadratic time for spaces. */
function withoutHint(message: string): string {
  const start = message.indexOf(HINT);
  const end = message.lastIndexOf("?");
  if (start === -1 || end < start + HINT.length) return message;
  return message.slice(0, start).trimEnd() + message.slice(end + 1);
}
