import { AppError } from "../errors/app-error.js";
import type { Clock } from "../../platform/clock.js";
import { createDeadline, type Deadline } from "../../platform/deadline.js";
import { overloaded } from "./overloaded.js";
import { createPlaces } from "./queue.js";

export type OperationLimits = {
  /** Operations that are worked on at the same time. */
  readonly running: number;
  readonly queueMs: number;
  readonly timeoutMs: number;
  /** Bytes of request bodies that may lie in memory at once. */
  readonly bodyBytes: number;
};

/** Notes that so many more bytes of the request are kept until its operation ends. @throws SERVICE_UNAVAILABLE over the limit */
export type Hold = (bytes: number) => void;

export type Operation = {
  /** Passes when the operation has taken too long. */
  readonly deadline: Deadline;
  /** Reads the body. Others have the operation's place meanwhile if that takes long, and the deadline begins anew. */
  readonly whileReading: <T>(read: (hold: Hold) => Promise<T>) => Promise<T>;
};

export type Operations = ReturnType<typeof createOperations>;

type Dependencies = { readonly limits: OperationLimits; readonly clock: Clock };

/** How long after its deadline an operation may still answer with what it has: fields that are done, errors for the rest. */
const GRACE_MS = 1_000;

/** Holds all operations of the server to a number at the same time, and each to a deadline. */
export function createOperations({ limits, clock }: Dependencies) {
  const places = createPlaces({ most: limits.running, longestWaitMs: limits.queueMs, clock });
  let bytesHeld = 0;

  return {
    isFull: places.isFull,
    counts: places.counts,

    /**
     * Does the work when there is a place for it. At its deadline what it waits for in the
     * database is cancelled.
     * @throws SERVICE_UNAVAILABLE where there is no place, GATEWAY_TIMEOUT where it does not end
     */
    async run<T>(work: (operation: Operation) => Promise<T>): Promise<T> {
      await places.take();
      const deadline = createTimer(limits.timeoutMs);
      const state = { hasPlace: true, isOver: false, bytes: 0 };

      const hold: Hold = (more) => {
        if (state.isOver) throw over();
        if (bytesHeld + more > limits.bodyBytes) throw overloaded("The server holds as many request bodies as it can at the moment");
        bytesHeld += more;
        state.bytes += more;
      };
      const leave = () => {
        if (state.hasPlace) places.give();
        state.hasPlace = false;
      };
      const resume = () => {
        if (state.isOver) return places.give();
        state.hasPlace = true;
        deadline.start();
      };
      const operation: Operation = {
        deadline: deadline.deadline,
        async whileReading(read) {
          if (state.isOver) throw over();
          deadline.stop();
          const lending = lendLater(leave);
          const body = await read(hold).finally(lending.cancel);
          if (!state.hasPlace) await places.take({ isReturning: true });
          resume();
          return body;
        },
      };

      deadline.start();
      try {
        return await Promise.race([work(operation), deadline.passed]);
      } finally {
        deadline.stop();
        bytesHeld -= state.bytes;
        leave();
        state.isOver = true;
      }
    },
  };
}

/** What is left of the work on a request learns this where it was answered already, because its client is gone or it took too long. */
function over(): AppError {
  return new AppError("INVALID_FORMAT", { message: "The request is over" });
}

/** How long a body may take to arrive before its operation's place is lent: most are there with their headers. */
const LEND_AFTER_MS = 50;

/** Lends after a while, unless that is cancelled; and not for a body that came while this process was too busy to look. */
function lendLater(lend: () => void): { readonly cancel: () => void } {
  let immediate: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    immediate = setImmediate(() => (immediate = setImmediate(lend)));
  }, LEND_AFTER_MS);
  return {
    cancel() {
      clearTimeout(timer);
      clearImmediate(immediate);
    },
  };
}

/** A deadline that passes some time after the start, and a promise that fails a while later. */
function createTimer(timeoutMs: number) {
  const { deadline, pass } = createDeadline();
  const { promise: passed, reject } = withReject();
  let timer: NodeJS.Timeout | undefined;

  function end(): void {
    pass();
    const message = `The operation was not done within ${timeoutMs} ms`;
    timer = setTimeout(() => reject(new AppError("UPSTREAM_TIMEOUT", { message })), GRACE_MS);
  }

  return {
    deadline,
    passed,
    start: () => void (timer = setTimeout(end, timeoutMs)),
    stop: () => clearTimeout(timer),
  };
}

function withReject(): { promise: Promise<never>; reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<never>((_, fail) => (reject = fail));
  return { promise, reject };
}
