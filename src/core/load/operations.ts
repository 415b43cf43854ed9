import type { Clock } from "../../platform/clock.js";
import { createDeadline, type Deadline } from "../../platform/deadline.js";
import { AppError } from "../errors/app-error.js";
import { createSlots } from "./slots.js";

export type OperationLimits = {
  /** Operations that run at the same time. */
  readonly running: number;
  readonly queueMs: number;
  readonly timeoutMs: number;
};

export type Operations = ReturnType<typeof createOperations>;

type Dependencies = { readonly limits: OperationLimits; readonly clock: Clock };

/** How long after its deadline an operation may still answer with what it has: finished fields, errors for the rest. */
const GRACE_MS = 1_000;

/** Holds all operations of the server to a number at the same time, and each to a deadline. */
export function createOperations({ limits, clock }: Dependencies) {
  const slots = createSlots({ slots: limits.running, longestWaitMs: limits.queueMs, clock });

  /** @throws GATEWAY_TIMEOUT where the work has not ended some time after its deadline */
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
     * Does the work when there is a slot for it. When its deadline passes, what it waits for in the database is cancelled.
     * @throws SERVICE_UNAVAILABLE where there is no slot, GATEWAY_TIMEOUT where the work does not end
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

    /** Holds what comes before an operation to the same time, without a slot. */
    limitTime: <T>(work: () => Promise<T>): Promise<T> => runWithin(0, work),
  };
}
