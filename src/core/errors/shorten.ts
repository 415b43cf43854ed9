/** An answer repeats at most this much of a client's own text. */
const MOST_CHARACTERS = 500;

/** Shortens a text of any length, so that an answer can repeat it. */
export function shorten(text: string): string {
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)}…`;
}
