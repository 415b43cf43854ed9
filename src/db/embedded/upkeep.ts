import { giveSpaceBack, vacuumTables, type Steps } from "./give-space-back.js";
import type { TransactionState } from "./protocol-server.js";
import type { RunStatement } from "./statement-runner.js";

/** How long nothing has been written when space is given back, in milliseconds. */
const QUIET_MS = 10_000;

/** After so many bytes of log there is a checkpoint, so that recovery is short and the log stays small. Zeros of new segments count too. */
const CHECKPOINT_BYTES = 100_000_000;

/** After so many bytes of log, without quiet in between, tables are vacuumed all the same. */
const BUSY_BYTES = 500_000_000;

type Options = {
  readonly run: RunStatement;
  /** Tells whether the client is in the middle of a transaction. */
  readonly transaction: () => TransactionState;
  /** Counts the bytes written to the log. */
  readonly logBytes: () => number;
  /** Hears that space was given back, or what has failed. */
  readonly onDone: (failure: string | null) => void;
};

/**
 * Does what PostgreSQL's background processes do, none of which PGlite runs: checkpoints, and giving back what deleted and
 * replaced content takes. The work is done in steps, between which statements are answered.
 */
export function createUpkeep({ run, transaction, logBytes, onDone }: Options) {
  const timer = setTimeout(() => begin(giveSpaceBack(run)), QUIET_MS).unref();
  let isRunning = false;
  let seenAt = 0;
  let checkpointAt = 0;
  let doneAt = 0;

  function checkpoint(): void {
    run("CHECKPOINT");
    checkpointAt = logBytes();
  }

  function begin(steps: Steps): void {
    if (isRunning || transaction() !== "none") return void timer.refresh();
    if (logBytes() === doneAt) return;
    isRunning = true;
    next(steps);
  }

  function next(steps: Steps): void {
    if (transaction() !== "none") return void setTimeout(next, 1, steps).unref();
    try {
      if (steps.next().done === true) return end(null);
      if (logBytes() - checkpointAt > CHECKPOINT_BYTES) checkpoint();
      setImmediate(next, steps);
    } catch (error) {
      end(error instanceof Error ? error.message : String(error));
    }
  }

  function end(failure: string | null): void {
    isRunning = false;
    if (failure === null) checkpoint();
    seenAt = doneAt = logBytes(); // after a failure too: it is tried again when more was written
    onDone(failure);
  }

  /** Is called after each answer. */
  return function onAnswer(): void {
    const written = logBytes();
    if (written === seenAt) return;
    seenAt = written;
    timer.refresh();
    if (transaction() === "failed") return; // it takes no statement
    if (written - checkpointAt > CHECKPOINT_BYTES) checkpoint();
    if (written - doneAt > BUSY_BYTES) begin(vacuumTables(run));
  };
}
