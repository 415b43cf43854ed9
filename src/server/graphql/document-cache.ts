/** Longer documents are parsed each time. */
const MOST_CHARACTERS = 5_000;
const MOST_DOCUMENTS = 250;

/**
 * Remembers what parsing gave for the documents that clients send again and again: the latest, if they are of usual
 * length. Yoga's own cache keeps a thousand of any length for an hour, which can be more than there is memory.
 */
export function createDocumentCache<T>() {
  const parsed = new Map<string, T>();
  return {
    get(text: string): T | undefined {
      const found = parsed.get(text);
      if (found !== undefined) moveToEnd(parsed, text, found);
      return found;
    },
    set(text: string, value: T): void {
      if (text.length > MOST_CHARACTERS) return;
      moveToEnd(parsed, text, value);
      const [oldest] = parsed.keys();
      if (parsed.size > MOST_DOCUMENTS && oldest !== undefined) parsed.delete(oldest);
    },
  };
}

/** A Map remembers the order in which its keys were set. */
function moveToEnd<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
}
