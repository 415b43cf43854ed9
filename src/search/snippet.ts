/** How much of the content around a match is shown. */
export const SNIPPET_CHARACTERS = 320;

const MOST_WORDS = 20;
const WORD = /[\p{L}\p{N}]+/gu;

/** The words of a web-search query that a match must or may contain: neither the operators nor what is excluded. */
export function wantedWords(query: string): string[] {
  const wanted = query.replace(/(^|\s)-("[^"]*"?|\S+)/g, " ").toLowerCase();
  return [...new Set(wanted.match(WORD) ?? [])].filter((word) => word !== "or").slice(0, MOST_WORDS);
}

/** An excerpt on one line, with the words set in bold as Markdown does it. */
export function makeSnippet(excerpt: string, words: readonly string[]): string {
  // An excerpt may begin or end in the middle of a surrogate pair or of the stored form of a control character.
  const line = excerpt
    .toWellFormed()
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim();
  const wanted = new Set(words);
  return line.replace(WORD, (word) => (wanted.has(word.toLowerCase()) ? `**${word}**` : word));
}
