import { isLeadSurrogate } from "../../platform/long-text.js";

/** A word is a letter and 3 to 30 letters and digits after it; a longer one is cut into several. */
const SHORTEST_WORD = 4;
const LONGEST_WORD = 31;

/** The kind of each character; 0 if it is not known yet. */
const kinds = new Uint8Array(0x110000);
const OTHER = 1;
const DIGIT = 2;
const LETTER = 3;

/**
 * Counts how often each word occurs in a text. This runs on every session that is saved. A regular expression with Unicode
 * classes takes up to three times as long.
 */
export function countWords(text: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  let start = 0;
  let length = 0; // the length of the word that begins at `start`, in characters; 0 if there is none
  for (let index = 0; index <= text.length; index += 1) {
    const begin = index;
    let character = index < text.length ? text.charCodeAt(index) : 0;
    if (isLeadSurrogate(character)) {
      character = text.codePointAt(index) ?? character;
      if (character > 0xffff) index += 1;
    }
    const kind = kinds[character] || findKind(character);
    if (length > 0 && kind !== OTHER && length < LONGEST_WORD) {
      length += 1;
      continue;
    }
    if (length >= SHORTEST_WORD) {
      const word = text.slice(start, begin);
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
    start = begin;
    length = kind === LETTER ? 1 : 0;
  }
  return counts;
}

function findKind(character: number): number {
  const text = String.fromCodePoint(character);
  const kind = /\p{L}/u.test(text) ? LETTER : /\p{N}/u.test(text) ? DIGIT : OTHER;
  kinds[character] = kind;
  return kind;
}
