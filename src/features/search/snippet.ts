/** A match to show is searched in this many characters of a content: as many as are indexed. */
export const SEARCHED_CHARACTERS = 1_000_000;

/** The length of a snippet, and of its part before the match. */
export const SNIPPET_CHARACTERS = 320;
export const SNIPPET_LEAD = 60;

/** The most phrases of a query that are searched in a content, to show the first one that matches. */
const MOST_PHRASES = 20;

const WORD = /[\p{L}\p{M}\p{N}]+/gu;

/** Makes a regular expression of PostgreSQL that finds the first of the phrases. Its last word is whole, or the prefix of a word. */
export function matchPattern(phrases: readonly (readonly string[])[], end: "word" | "prefix" = "word"): string {
  const wanted = phrases.map((phrase) => wordsOf([phrase]).join("[^[:alnum:]]+")).filter((pattern) => pattern !== "");
  const alternatives = `(?<![[:alnum:]])(?:${wanted
    .slice(0, MOST_PHRASES)
    .flatMap((pattern) => [...new Set([pattern, pattern.normalize("NFD")])])
    .join("|")})`;
  return end === "word" ? `${alternatives}(?![[:alnum:]])` : alternatives;
}

/** Makes a function that puts an excerpt on one line, with the words of the phrases in bold (Markdown). */
export function createWordMarker(phrases: readonly (readonly string[])[]): (excerpt: string) => string {
  const wanted = new Set(wordsOf(phrases));
  return (excerpt) => markWords(toLine(excerpt), (word) => wanted.has(word.toLowerCase()), ["**", "**"]);
}

/**
 * Makes a function that puts an excerpt on one line, with the matching words between U+0002 and U+0003. A word matches if it
 * begins with a word of a phrase.
 */
export function createPrefixMarker(phrases: readonly (readonly string[])[]): (excerpt: string) => string {
  const wanted = wordsOf(phrases);
  const isWanted = (word: string) => wanted.some((prefix) => word.normalize().toLowerCase().startsWith(prefix));
  return (excerpt) => markWords(toLine(excerpt), isWanted, ["\u0002", "\u0003"]);
}

/** Tells for each ASCII character whether it is a letter or a digit. */
const ASCII_WORD = Array.from({ length: 0x80 }, (_, code) => /[0-9A-Za-z]/.test(String.fromCharCode(code)));
const UNICODE_WORD = /[\p{L}\p{M}\p{N}]/u;

/** Puts marks around words. It reads character by character: a pattern with classes of Unicode takes several times as long. */
function markWords(line: string, isWanted: (word: string) => boolean, [before, after]: readonly [string, string]): string {
  let marked = "";
  let written = 0;
  let wordStart = -1;
  for (let at = 0; at <= line.length;) {
    const code = line.codePointAt(at) ?? -1; // no character comes after the last one
    if (isWordCharacter(code)) wordStart = wordStart === -1 ? at : wordStart;
    else if (wordStart !== -1) {
      const word = line.slice(wordStart, at);
      if (isWanted(word)) {
        marked += line.slice(written, wordStart) + before + word + after;
        written = at;
      }
      wordStart = -1;
    }
    at += code > 0xffff ? 2 : 1;
  }
  return marked + line.slice(written);
}

function isWordCharacter(code: number): boolean {
  return code >= 0 && (ASCII_WORD[code] ?? UNICODE_WORD.test(String.fromCodePoint(code)));
}

/** Puts an excerpt on one line. It also removes control characters: an excerpt may begin or end within the stored form of one. */
function toLine(excerpt: string): string {
  // A single space, which most of them are, is left as it is.
  return excerpt.replace(/[\p{Cc}\s]{2,}|[^\S ]|\p{Cc}/gu, " ").trim();
}

function wordsOf(phrases: readonly (readonly string[])[]): string[] {
  return phrases.flatMap((phrase) => phrase.join(" ").match(WORD) ?? []);
}
