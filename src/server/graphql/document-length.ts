/** Far more than people and tools write; white space and comments are no tokens, and so not bounded by MAX_TOKENS. */
const MOST_CHARACTERS = 50_000;
const MOST_LINES = 1_000;

/**
 * Whether a document is so long that its errors must do without `locations`. GraphQL.js looks for the ends of all lines
 * above an error with a pattern, anew for every error: a hundred errors below 100,000 empty lines took half a second.
 */
export function isTooLongToLocate(document: string): boolean {
  if (document.length > MOST_CHARACTERS) return true;
  let lines = 0;
  for (let at = 0; at < document.length && lines <= MOST_LINES; at += 1) {
    if (document[at] === "\n" || document[at] === "\r") lines += 1;
  }
  return lines > MOST_LINES;
}
