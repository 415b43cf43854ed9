import type { BadField, ValidationReason } from "./bad-input.js";

// The messages are shortened before (shorten.ts), so that these patterns read 501 characters at most.
const MISSING = /was not provided\.|must not be null\.|not to be null\.|, found null\.$/;
const UNKNOWN = /^Unknown argument |^Field .* is not defined by type |^Value .* does not exist in .* enum\b/;

/** The name that GraphQL's words add to the place they are about: the absent or the surplus field or argument. */
const NAMED = /^Field "(?:\w+\.)?(\w+)" (?:of required type|is not defined by)|^Field "\w+" argument "(\w+)" of type/;

/** What GraphQL says of one bad input value, as the catalogue lists it: the kind of mistake is known by the words only. */
export function toBadField(place: BadField["path"], message: string): BadField {
  const [, field, argument] = NAMED.exec(message) ?? [];
  const name = field ?? argument;
  const path = name === undefined || place.at(-1) === name ? place : [...place, name];
  return { path, reason: reasonOf(message), message };
}

function reasonOf(message: string): ValidationReason {
  if (MISSING.test(message)) return "MISSING_REQUIRED_FIELD";
  return UNKNOWN.test(message) ? "INVALID_PARAMETER" : "INVALID_FORMAT";
}
