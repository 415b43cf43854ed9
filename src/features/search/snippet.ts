/** How far into a content a match is looked for, to show it: as far as the content is indexed. */
export const SEARCHED_CHARACTERS = 1_000_000;

/** How much of the content is shown, and how much of that before the match. */
export const SNIPPET_CHARACTERS = 320;
export const SNIPPET_LEAD = 60;

/** Phrases of a query that are looked for in a content, to show the first one that matches. */
const MOST_PHRASES = 20;

const WORD = /[\p{L}\p{M}\p{N}]+/gu;

/** A regular expression of PostgreSQL that finds the first of the phrases, as whole words or with the last one only begun. */
export function matchPattern(phrases: readonly (readonly string[])[], end: "word" | "prefix" = "word"): string {
  const wanted = phrases.map((phrase) => wordsOf([phrase]).join("[^[:alnum:]]+")).filter((pattern) => pattern !== "");
  const alternatives = `(?<![[:alnum:]])(?:${wanted
    .slice(0, MOST_PHRASES)
    .flatMap((pattern) => [...new Set([pattern, pattern.normalize("NFD")])])
    .join("|")})`;
  return end === "word" ? `${alternatives}(?![[:alnum:]])` : alternatives;
}

/** An excerpt on one line, with the words of the phrases set in bold as Markdown does it. */
export function makeSnippet(excerpt: string, phrases: readonly (readonly string[])[]): string {
  const wanted = new Set(wordsOf(phrases));
  return toLine(excerpt).replace(WORD, (word) => (wanted.has(word.toLowerCase()) ? `**${word}**` : word));
}

/** An excerpt on one line, with the words that begin like one of the phrases' between U+0002 and U+0003, which no line has of its own. */
export function makePrefixSnippet(excerpt: string, phrases: readonly (readonly string[])[]): string {
  const wanted = wordsOf(phrases);
  const isWanted = (word: string) => wanted.some((prefix) => word.normalize().toLowerCase().startsWith(prefix));
  return toLine(excerpt).replace(WORD, (word) => (isWanted(word) ? `\u0002${word}\u0003` : word));
}

/** An excerpt may begin or end in the middle of the stored form of a control character. */
function toLine(excerpt: string): string {
  return excerpt.replace(/[\p{Cc}\s]+/gu, " ").trim();
}

function wordsOf(phrases: readonly (readonly string[])[]): string[] {
  return phrases.flatMap((phrase) => phrase.join(" ").match(WORD) ?? []);
}
