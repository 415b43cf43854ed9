import type { Clock } from "../../platform/clock.js";
import { createDeadline, type Deadline } from "../../platform/deadline.js";
import { AppError } from "../errors/app-error.js";
import { createSlots } from "./slots.js";

export type OperationLimits = {
  /** The most operations that run at the same time. */
  readonly running: number;
  readonly queueMs: number;
  readonly timeoutMs: number;
};

export type Operations = ReturnType<typeof createOperations>;

type Dependencies = { readonly limits: OperationLimits; readonly clock: Clock };

/** After its deadline an operation has this long to answer with the fields that are finished, and errors for the rest. */
const GRACE_MS = 1_000;

/** Limits how many operations the server runs at the same time, and gives each a deadline. */
export function createOperations({ limits, clock }: Dependencies) {
  const slots = createSlots({ slots: limits.running, longestWaitMs: limits.queueMs, clock });

  /** @throws GATEWAY_TIMEOUT if the work has not ended `graceMs` after its deadline */
  function runWithin<T>(graceMs: number, work: (deadline: Deadline) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const { deadline, pass } = createDeadline();
      const fail = () => reject(new AppError("UPSTREAM_TIMEOUT", { message: `The operation was not done within ${limits.timeoutMs} ms` }));
      let timer = setTimeout(() => {
        pass();
        timer = setTimeout(fail, graceMs);
      }, limits.timeoutMs);
      work(deadline)
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
  }

  return {
    isFull: slots.isFull,
    counts: slots.counts,

    /**
     * Does the work as soon as a slot is free. When its deadline passes, its statements in the database are cancelled.
     * @throws SERVICE_UNAVAILABLE if the request gets no slot, GATEWAY_TIMEOUT if the work does not end
     */
    async run<T>(work: (deadline: Deadline) => Promise<T>): Promise<T> {
      const waiting = slots.take();
      if (waiting !== undefined) await waiting;
      try {
        return await runWithin(GRACE_MS, work);
      } finally {
        slots.release();
      }
    },

    /** Gives work that comes before an operation, such as looking a key up, a deadline but no slot. */
    limitTime: <T>(work: () => Promise<T>): Promise<T> => runWithin(0, work),
  };
}
