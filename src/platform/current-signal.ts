import { AsyncLocalStorage } from "node:async_hooks";

/** The signal that ends the operation for which code runs, known however deep below the operation it runs. */
export type CurrentSignal = {
  readonly run: <T>(signal: AbortSignal, work: () => T) => T;
  /** Undefined outside of every operation. */
  readonly get: () => AbortSignal | undefined;
};

export function createCurrentSignal(): CurrentSignal {
  const storage = new AsyncLocalStorage<AbortSignal>();
  return { run: (signal, work) => storage.run(signal, work), get: () => storage.getStore() };
}

/** Why a signal was aborted: its operation took too long. The code is PostgreSQL's for a statement that was cancelled. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
  readonly code = "57014";
  constructor() {
    super("The operation's deadline has passed");
  }
}
