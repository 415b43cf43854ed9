import { createRecentCache } from "../../platform/recent-cache.js";

/** Longer documents are prepared each time. */
const MOST_CHARACTERS = 5_000;
const MOST_DOCUMENTS = 125;

/**
 * Remembers what was made of the documents that clients send again and again: the latest, if they are of usual length.
 * Yoga's own cache keeps a thousand of any length for an hour, which can be more than there is memory.
 */
export function createDocumentCache<T>() {
  const documents = createRecentCache<T>(MOST_DOCUMENTS);
  return {
    get: documents.get,
    set(text: string, value: T): void {
      if (text.length <= MOST_CHARACTERS) documents.set(text, value);
    },
  };
}
