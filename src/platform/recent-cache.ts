export type RecentCache<Value> = {
  readonly get: (key: string) => Value | undefined;
  readonly set: (key: string, value: Value) => void;
  readonly delete: (key: string) => void;
};

/**
 * Remembers the values that were used last: at least `most` of them, and less than twice as many. A full generation becomes
 * the old one, and what is used of it moves to the new one: a Map from which entries are taken one by one is rebuilt all the
 * time.
 */
export function createRecentCache<Value>(most: number): RecentCache<Value> {
  let recent = new Map<string, Value>();
  let older = new Map<string, Value>();

  function set(key: string, value: Value): void {
    if (recent.size >= most) {
      older = recent;
      recent = new Map();
    }
    recent.set(key, value);
  }

  return {
    set,
    get(key) {
      const known = recent.get(key);
      if (known !== undefined) return known;
      const found = older.get(key);
      if (found !== undefined) set(key, found);
      return found;
    },
    delete(key) {
      recent.delete(key);
      older.delete(key);
    },
  };
}
