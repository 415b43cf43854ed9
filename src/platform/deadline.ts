/** The error of work that was stopped because its operation took too long. Its code is PostgreSQL's for a cancelled statement. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
  readonly code = "57014";
  constructor() {
    super("The operation's deadline has passed");
  }
}

/** For whom work is done, null for the server itself; and whether it is heavy: an upload is, so that the cheap requests of the same owner pass it. */
export type Claim = { readonly owner: string | null; readonly isHeavy: boolean };

/**
 * Tells the work of an operation when its time is up. It does what an AbortSignal does at a tenth of the cost: every request
 * has a deadline, and few deadlines pass.
 */
export type Deadline = {
  /** Whose work it is. Connections are shared by it. */
  readonly claim: Claim;
  /** Runs the listener when the deadline passes. The returned function removes the listener. */
  readonly onPassed: (listener: () => void) => () => void;
  /** @throws DeadlineError once the deadline has passed */
  readonly throwIfPassed: () => void;
  readonly hasPassed: () => boolean;
};

/** Makes a deadline, and the function that lets it pass. */
export function createDeadline(claim: Claim): { readonly deadline: Deadline; readonly pass: () => void } {
  const listeners = new Set<() => void>();
  let isPassed = false;
  return {
    deadline: {
      claim,
      onPassed(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      throwIfPassed() {
        if (isPassed) throw new DeadlineError();
      },
      hasPassed: () => isPassed,
    },
    pass() {
      isPassed = true;
      for (const listener of listeners) listener();
      listeners.clear();
    },
  };
}
