import { AppError } from "../errors/app-error.js";
import type { Clock } from "../../platform/clock.js";

/** A body must bring this many bytes in each period of this length, or be complete. */
const LEAST_BYTES = 10_240;
const PERIOD_MS = 10_000;

const CHECK_MS = 1_000;

/** A body that is being read. */
export type WatchedBody = {
  readonly add: (bytes: number) => void;
  readonly end: () => void;
};

export type BodyRate = {
  /** Calls `reject` if the body arrives too slowly. */
  readonly watch: (reject: (error: AppError) => void) => WatchedBody;
};

type Watched = { readonly reject: (error: AppError) => void; sinceMs: number; bytes: number };

/**
 * Rejects bodies that arrive too slowly: each holds its connection and what has arrived of it. One timer watches all bodies,
 * and runs only while there are any.
 */
export function createBodyRate(clock: Clock): BodyRate {
  const bodies = new Set<Watched>();
  let timer: NodeJS.Timeout | undefined;

  function check(): void {
    const nowMs = clock.monotonicMs();
    for (const body of bodies) {
      if (nowMs - body.sinceMs < PERIOD_MS) continue;
      if (body.bytes < LEAST_BYTES) reject(body);
      else Object.assign(body, { sinceMs: nowMs, bytes: 0 });
    }
    if (bodies.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  function reject(body: Watched): void {
    bodies.delete(body);
    body.reject(new AppError("INVALID_FORMAT", { httpStatus: 408, message: "The body arrives too slowly: less than 1 KB a second" }));
  }

  return {
    watch(reject) {
      const body = { reject, sinceMs: clock.monotonicMs(), bytes: 0 };
      bodies.add(body);
      // What came while the process was busy is read before the check.
      timer ??= setInterval(() => setImmediate(check), CHECK_MS).unref();
      return { add: (bytes) => void (body.bytes += bytes), end: () => void bodies.delete(body) };
    },
  };
}
