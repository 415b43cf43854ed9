import { setImmediate } from "node:timers/promises";

type Waiting<V> = { readonly resolve: (value: V | null) => void; readonly reject: (error: unknown) => void };

/**
 * Answers single look-ups with shared ones: what is asked while a look-up runs waits for the next, which asks for all
 * of it at once. Unlike a cache it never answers from before the question, so a revoked key stops at once, everywhere.
 */
export function coalesce<V>(findMany: (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>): (key: string) => Promise<V | null> {
  let waiting = new Map<string, Waiting<V>[]>();
  let running = false;

  async function run(): Promise<void> {
    running = true;
    while (waiting.size > 0) {
      await setImmediate(); // what the same turn of the event loop brings in belongs together
      const asked = waiting;
      waiting = new Map();
      await answer(asked, findMany);
    }
    running = false;
  }

  return (key) =>
    new Promise((resolve, reject) => {
      const others = waiting.get(key);
      if (others === undefined) waiting.set(key, [{ resolve, reject }]);
      else others.push({ resolve, reject });
      if (!running) void run();
    });
}

async function answer<V>(
  asked: ReadonlyMap<string, Waiting<V>[]>,
  findMany: (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>,
): Promise<void> {
  try {
    const found = await findMany([...asked.keys()]);
    for (const [key, waiting] of asked) for (const { resolve } of waiting) resolve(found.get(key) ?? null);
  } catch (error) {
    for (const waiting of asked.values()) for (const { reject } of waiting) reject(error);
  }
}
