/** Takes a part of an answer; the last part of each answer says so. */
export type OnAnswer = (bytes: Uint8Array, isLast: boolean) => void;

/** Is called with the error that ended a backend, if there was one. */
export type OnEnd = (error: Error | undefined) => void;

/** A PostgreSQL that talks to one client at a time, in a thread or in this one. */
export type Backend = {
  /** Sends messages of PostgreSQL's protocol. The bytes belong to the backend from then on. */
  readonly send: (messages: Uint8Array) => void;
  /** Says who hears the answers from now on, and that it has ended. Who heard them before is forgotten. */
  readonly listen: (onAnswer: OnAnswer, onEnd: OnEnd) => void;
  /** Resolves when it has ended, however that came. */
  readonly ended: Promise<void>;
  /** Ends it in the middle of whatever it does, which loses nothing that was acknowledged. */
  readonly terminate: () => Promise<void>;
  /** Ends it when its work is done. */
  readonly close: () => Promise<void>;
};

/** The backends of one database, of which one runs at a time. */
export type Backends = {
  /** Returns the one that runs, or starts the next. */
  readonly start: () => Promise<Backend>;
  /** Ends the one that runs when its work is done. Another starts when one is wanted. */
  readonly stop: () => Promise<void>;
};

/** Starts a backend when one is wanted and none runs: the first one, and after one that was terminated or has failed. */
export function createBackends(startOne: (isFirst: boolean) => Promise<Backend>): Backends {
  let isFirst = true;
  let current: Promise<Backend> | undefined;
  let last: Promise<unknown> = Promise.resolve();

  async function startNext(forget: () => void): Promise<Backend> {
    await last; // two must never have the same files open
    const backend = await startOne(isFirst);
    isFirst = false;
    last = backend.ended.then(forget);
    // It takes a moment to end, in which nobody must get it any more.
    return {
      ...backend,
      terminate() {
        forget();
        return backend.terminate();
      },
      close() {
        forget();
        return backend.close();
      },
    };
  }

  function start(): Promise<Backend> {
    if (current !== undefined) return current;
    const forget = () => {
      if (current === starting) current = undefined;
    };
    const starting = startNext(forget);
    current = starting;
    starting.catch(forget);
    return starting;
  }

  async function stop(): Promise<void> {
    const running = await current?.catch(() => undefined); // who wanted one that did not start heard of it
    await running?.close();
    await last;
  }

  return { start, stop };
}
