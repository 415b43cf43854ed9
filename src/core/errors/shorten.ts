/** No answer repeats more of a client's own text than this. */
const MOST_CHARACTERS = 500;

/** A text as an answer may hold it, whoever wrote it. */
export function shorten(text: string): string {
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)}…`;
}
