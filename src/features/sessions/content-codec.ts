/**
 * PostgreSQL's text cannot hold U+0000, and real sessions contain terminal output. So U+0000 is stored as U+0001 "0"
 * and U+0001 as U+0001 "1". A byte order mark in front is stored as U+0001 "2", since the embedded database's driver drops
 * it when it reads. Every text has exactly one stored form, and most texts are stored as they are. A part of a long text is
 * encoded by itself.
 */
export function encodeContent(text: string): string {
  const stored =
    text.includes("\u0000") || text.includes("\u0001") ? text.replaceAll("\u0001", "\u00011").replaceAll("\u0000", "\u00010") : text;
  return stored.startsWith("\uFEFF") ? `\u00012${stored.slice(1)}` : stored;
}

/** Returns the text that `encodeContent` was given. */
export function decodeContent(stored: string): string {
  if (!stored.includes("\u0001")) return stored;
  return withoutMarkEscape(stored).replaceAll("\u00010", "\u0000").replaceAll("\u00011", "\u0001");
}

/**
 * Returns a part as it stands within the stored form of the whole text: a byte order mark is escaped only in front of the
 * text.
 */
export function withoutMarkEscape(part: string): string {
  return part.startsWith("\u00012") ? `\uFEFF${part.slice(2)}` : part;
}
