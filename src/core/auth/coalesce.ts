import { setImmediate } from "node:timers/promises";

type Waiting<V> = { readonly promise: Promise<V>; readonly resolve: (value: V) => void; readonly reject: (error: unknown) => void };

/**
 * Answers single look-ups with shared ones: what is asked while a look-up runs waits for the next, which asks for all of it at
 * once. So strangers who try many keys cost the database few statements. An answer is never from before its question.
 */
export function coalesce<V>(findMany: (keys: readonly string[]) => Promise<(key: string) => V>): (key: string) => Promise<V> {
  let waiting = new Map<string, Waiting<V>>();
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

  return (key) => {
    const known = waiting.get(key);
    if (known !== undefined) return known.promise;
    const asked = createWaiting<V>();
    waiting.set(key, asked);
    if (!running) void run();
    return asked.promise;
  };
}

function createWaiting<V>(): Waiting<V> {
  let resolve: (value: V) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<V>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  promise.catch(() => undefined); // a caller may await it only later
  return { promise, resolve, reject };
}

async function answer<V>(
  asked: ReadonlyMap<string, Waiting<V>>,
  findMany: (keys: readonly string[]) => Promise<(key: string) => V>,
): Promise<void> {
  try {
    const find = await findMany([...asked.keys()]);
    for (const [key, waiting] of asked) settle(waiting, () => find(key));
  } catch (error) {
    for (const { reject } of asked.values()) reject(error);
  }
}

function settle<V>({ resolve, reject }: Waiting<V>, find: () => V): void {
  try {
    resolve(find());
  } catch (error) {
    reject(error);
  }
}
