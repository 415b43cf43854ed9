import type { Clock } from "../../platform/clock.js";
import { createDeadline, type Claim, type Deadline } from "../../platform/deadline.js";
import { AppError } from "../errors/app-error.js";
import { createSlots } from "./slots.js";

export type OperationLimits = {
  /** The most operations that run at the same time. */
  readonly running: number;
  readonly queueMs: number;
  readonly timeoutMs: number;
};

/** An operation that runs. */
export type Operation = {
  readonly deadline: Deadline;
  /** Keeps the slot after the work has returned, for an answer that is made while it is sent. */
  readonly keepSlot: () => Continuation;
};

/** The rest of an operation, whose answer is made step by step. */
export type Continuation = {
  /** Does one step. Each has the whole time of an operation: the time that the client takes between them is not counted. */
  readonly step: <T>(work: () => Promise<T>) => Promise<T>;
  /** Gives the slot back. Statements that still run for the operation are cancelled. */
  readonly end: () => void;
};

export type Operations = ReturnType<typeof createOperations>;

type Dependencies = { readonly limits: OperationLimits; readonly clock: Clock };

/** After its deadline an operation has this long to answer with the fields that are finished, and errors for the rest. */
const GRACE_MS = 1_000;

/** Limits how many operations the server runs at the same time, and gives each a deadline. */
export function createOperations({ limits, clock }: Dependencies) {
  const slots = createSlots({ slots: limits.running, longestWaitMs: limits.queueMs, clock });
  const { timeoutMs } = limits;

  return {
    isFull: slots.isFull,
    counts: slots.counts,

    /**
     * Does the work as soon as its owner gets a slot. When its deadline passes, its statements in the database are cancelled.
     * @throws SERVICE_UNAVAILABLE if the request gets no slot, GATEWAY_TIMEOUT if the work does not end
     */
    async run<T>(claim: Claim, work: (operation: Operation) => Promise<T>): Promise<T> {
      const waiting = slots.take(claim);
      if (waiting !== undefined) await waiting;
      const { deadline, pass } = createDeadline(claim);
      const slot = { isHeld: true, isKept: false };
      const release = () => {
        if (slot.isHeld) slots.release(claim);
        slot.isHeld = false;
      };
      const keepSlot = (): Continuation => {
        slot.isKept = true;
        const step = <S>(next: () => Promise<S>) => runWithin({ timeoutMs, graceMs: 0, pass }, next);
        const end = () => {
          pass();
          release();
        };
        return { step, end };
      };
      try {
        return await runWithin({ timeoutMs, graceMs: GRACE_MS, pass }, () => work({ deadline, keepSlot }));
      } catch (error) {
        release();
        throw error;
      } finally {
        if (!slot.isKept) release();
      }
    },

    /** Gives work that comes before an operation, such as looking a key up, a deadline but no slot. */
    limitTime: <T>(work: () => Promise<T>): Promise<T> => runWithin({ timeoutMs, graceMs: 0, pass: () => undefined }, work),
  };
}

type Time = {
  readonly timeoutMs: number;
  /** How long the work may take to end after `pass` was called. */
  readonly graceMs: number;
  readonly pass: () => void;
};

/** Calls `pass` when the time is up. @throws GATEWAY_TIMEOUT if the work has not ended then */
function runWithin<T>({ timeoutMs, graceMs, pass }: Time, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new AppError("UPSTREAM_TIMEOUT", { message: `The operation was not done within ${timeoutMs} ms` }));
    let timer = setTimeout(() => {
      pass();
      timer = setTimeout(fail, graceMs);
    }, timeoutMs);
    const end = () => clearTimeout(timer);
    const working = work();
    working.then(end, end);
    working.then(resolve, reject);
  });
}
