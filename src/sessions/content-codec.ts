/**
 * PostgreSQL's text cannot hold U+0000, and real sessions contain terminal output. So U+0000 is stored as U+0001 "0"
 * and U+0001 as U+0001 "1": every text has exactly one stored form, and most texts are stored as they are.
 */
export function encodeContent(text: string): string {
  if (!text.includes("\u0000") && !text.includes("\u0001")) return text;
  return text.replaceAll("\u0001", "\u00011").replaceAll("\u0000", "\u00010");
}

/** The text that `encodeContent` was given. */
export function decodeContent(stored: string): string {
  if (!stored.includes("\u0001")) return stored;
  return stored.replaceAll("\u00010", "\u0000").replaceAll("\u00011", "\u0001");
}
