import { createRecentCache } from "../../platform/recent-cache.js";

/** The longest document that is remembered. Longer ones are prepared each time. */
const MOST_CHARACTERS = 5_000;
const MOST_DOCUMENTS = 125;

/**
 * Remembers the results of preparing the latest documents of usual length: clients send the same ones again and again.
 * Yoga's own cache keeps a thousand documents of any length for an hour, which can take more than all memory.
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
