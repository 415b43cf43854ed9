import type { BadField, ValidationReason } from "./bad-input.js";

// The messages are shortened before (shorten.ts), so that these patterns read 501 characters at most.
const MISSING = /was not provided\.|must not be null\.|not to be null\.|, found null\.$/;
const UNKNOWN = /^Unknown argument |^Field .* is not defined by type |^Value .* does not exist in .* enum\b/;

/** Finds the field or argument that a message names beyond the reported path: the one that is missing, or not known. */
const NAMED = /^Field "(?:\w+\.)?(\w+)" (?:of required type|is not defined by)|^Field "\w+" argument "(\w+)" of type/;

/** Turns a message of graphql-js about one bad input value into an entry of `fields`. Only the wording tells the kind of mistake. */
export function toBadField(reported: BadField["path"], message: string): BadField {
  const [, field, argument] = NAMED.exec(message) ?? [];
  const name = field ?? argument;
  const path = name === undefined || reported.at(-1) === name ? reported : [...reported, name];
  return { path, reason: reasonOf(message), message };
}

function reasonOf(message: string): ValidationReason {
  if (MISSING.test(message)) return "MISSING_REQUIRED_FIELD";
  return UNKNOWN.test(message) ? "INVALID_PARAMETER" : "INVALID_FORMAT";
}
