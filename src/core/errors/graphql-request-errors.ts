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
  const message = sayable(error.message, hints);
  if (error.path !== undefined) return toArgumentError(message);
  if (error.originalError != null) return null;
  if (error.source !== undefined && error.nodes === undefined) return new AppError("INVALID_FORMAT", { message });
  if (error.nodes !== undefined || message.startsWith("Too many ")) return new AppError("INVALID_PARAMETER", { message });
  return null;
}

/** What only running the operation finds: a variable that may be null, given to an argument that may not. */
function toArgumentError(message: string): AppError | null {
  // The message was shortened before.
  const [, name] = /^Argument "(\w+)" of (?:non-null|required) type /.exec(message) ?? [];
  return name === undefined ? null : badInput([toBadField([name], message)]);
}

/** The same errors, with those about variables joined into one that lists every bad value. */
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

/** `Variable "$input" got invalid value 5 at "input.name"; String cannot represent ...`, taken apart again. */
function toVariableField(error: GraphQLError, hints: boolean): BadField {
  const about = error.originalError?.message;
  const [definition] = error.nodes ?? [];
  const variable = definition?.kind === Kind.VARIABLE_DEFINITION ? definition.variable.name.value : "";
  if (about === undefined) return toBadField([variable], sayable(error.message, hints));
  const place = placeAtEnd(error.message.slice(0, -`; ${about}`.length));
  const words = sayable(about, hints);
  return { ...toBadField(place === null ? [variable] : toPath(place), words), message: `${place ?? variable}: ${words}` };
}

/**
 * What stands between the quotes of ` at "input.name"` at the end of a text; null if it ends otherwise. The value before
 * it is the client's and of any length, so no pattern looks for it.
 */
function placeAtEnd(text: string): string | null {
  const quote = text.lastIndexOf('"', text.length - 2);
  return quote !== -1 && text.endsWith('"') && text.startsWith(" at ", quote - 4) ? text.slice(quote + 1, -1) : null;
}

/** `input.tags[0]` as `["input", "tags", 0]`. The names are those of a variable and of the schema's fields, and no deeper than these. */
function toPath(text: string): (string | number)[] {
  return text
    .split(/[.[\]]+/)
    .filter((part) => part !== "")
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

/** A library's message as it may be sent: bounded, and without the hints that would give a hidden schema away. */
export function sayable(message: string, hints: boolean): string {
  return shorten(hints ? message : withoutHint(message));
}

const HINT = "Did you mean ";

/** The message repeats the client's own text, of any length: a pattern with a space before the hint would take quadratic time for spaces. */
function withoutHint(message: string): string {
  const start = message.indexOf(HINT);
  const end = message.lastIndexOf("?");
  if (start === -1 || end < start + HINT.length) return message;
  return message.slice(0, start).trimEnd() + message.slice(end + 1);
}
