export type RecentCache<Value> = {
  readonly get: (key: string) => Value | undefined;
  readonly set: (key: string, value: Value) => void;
  readonly delete: (key: string) => void;
};

/**
 * Remembers the values that were used last: at least `most`, and at most twice as many. It has two halves. A value of the
 * older half moves to the newer one when it is used. When the newer half is full, it becomes the older one, and all of the
 * older half is forgotten at once: a Map whose entries are removed one by one has to be rebuilt again and again.
 */
export function createRecentCache<Value>(most: number): RecentCache<Value> {
  let newer = new Map<string, Value>();
  let older = new Map<string, Value>();

  function set(key: string, value: Value): void {
    if (newer.size >= most) {
      older = newer;
      newer = new Map();
    }
    newer.set(key, value);
  }

  return {
    set,
    get(key) {
      const known = newer.get(key);
      if (known !== undefined) return known;
      const found = older.get(key);
      if (found !== undefined) set(key, found);
      return found;
    },
    delete(key) {
      newer.delete(key);
      older.delete(key);
    },
  };
}
