/** People and tools write far shorter documents. MAX_TOKENS does not limit white space and comments. */
const MOST_CHARACTERS_LOCATED = 50_000;
const MOST_LINES_LOCATED = 1_000;

/** The most lines of a document. Comments and the lines of texts are no tokens, and each takes memory when it is read. */
export const MOST_LINES = 20_000;

/**
 * Tells whether a document is so long that its errors have no `locations`. For every error, graphql-js searches all lines
 * above it with a pattern: a hundred errors below 100,000 empty lines took half a second.
 */
export function isTooLongToLocate(document: string): boolean {
  return document.length > MOST_CHARACTERS_LOCATED || hasMoreLinesThan(MOST_LINES_LOCATED, document);
}

export function hasTooManyLines(document: string): boolean {
  return document.length > MOST_LINES && hasMoreLinesThan(MOST_LINES, document);
}

function hasMoreLinesThan(most: number, document: string): boolean {
  let lines = 0;
  for (let at = 0; at < document.length && lines <= most; at += 1) {
    if (document[at] === "\n" || document[at] === "\r") lines += 1;
  }
  return lines > most;
}
