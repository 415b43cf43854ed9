/** How much of the content is shown, and how much of that before the match. */
export const SNIPPET_CHARACTERS = 320;
export const SNIPPET_LEAD = 60;

/** Phrases of a query that are looked for in a content, to show the place of the first one. */
const MOST_PHRASES = 20;

const WORD = /[\p{L}\p{M}\p{N}]+/gu;

/** A regular expression of PostgreSQL for the first place of any of the phrases, as whole words. */
export function matchPattern(phrases: readonly (readonly string[])[]): string {
  const wordsOf = (phrase: readonly string[]) => phrase.join(" ").match(WORD) ?? [];
  const wanted = phrases.map((phrase) => wordsOf(phrase).join("[^[:alnum:]]+")).filter((pattern) => pattern !== "");
  return `(?<![[:alnum:]])(?:${wanted.slice(0, MOST_PHRASES).join("|")})(?![[:alnum:]])`;
}

/** An excerpt on one line, with the words of the phrases set in bold as Markdown does it. */
export function makeSnippet(excerpt: string, phrases: readonly (readonly string[])[]): string {
  // An excerpt may begin or end in the middle of the stored form of a control character.
  const line = excerpt.replace(/[\p{Cc}\s]+/gu, " ").trim();
  const wanted = new Set(phrases.flatMap((phrase) => phrase.join(" ").match(WORD) ?? []));
  return line.replace(WORD, (word) => (wanted.has(word.toLowerCase()) ? `**${word}**` : word));
}
