/** People and tools write far shorter documents. MAX_TOKENS does not limit white space and comments. */
const MOST_CHARACTERS = 50_000;
const MOST_LINES = 1_000;

/**
 * Tells whether a document is so long that its errors have no `locations`. For every error, graphql-js searches all lines
 * above it with a pattern: a hundred errors below 100,000 empty lines took half a second.
 */
export function isTooLongToLocate(document: string): boolean {
  if (document.length > MOST_CHARACTERS) return true;
  let lines = 0;
  for (let at = 0; at < document.length && lines <= MOST_LINES; at += 1) {
    if (document[at] === "\n" || document[at] === "\r") lines += 1;
  }
  return lines > MOST_LINES;
}
