import { overloaded } from "./overloaded.js";
import type { Clock } from "../../platform/clock.js";

type Options = {
  /** How many places there are. */
  readonly most: number;
  /** Nobody waits longer, and nobody is let wait who would have to wait half as long. */
  readonly longestWaitMs: number;
  readonly clock: Clock;
};

type Waiting = { readonly take: () => void };

/** However fast it goes on, no more than this wait: each holds its connection and some memory. */
const MOST_WAITING = 10_000;

/** The share of the longest wait for which somebody is let wait: the pace may halve before a late refusal has to come. */
const ADMITTED_SHARE = 0.5;

/** How much of the measured pace is the newest place that was handed on. */
const NEWEST_SHARE = 0.02;

export type Places = ReturnType<typeof createPlaces>;

/**
 * A fixed number of places, and a line before them. Who would stand in line too long is refused on arrival, judging by how
 * fast places were handed on until now, rather than after a wait: under overload an answer at once is worth more to
 * everyone than a late one, and what is refused early costs next to nothing.
 */
export function createPlaces({ most, longestWaitMs, clock }: Options) {
  /** Who had a place before and lent it goes first: most of its work is done. */
  const returning: Waiting[] = [];
  const arriving: Waiting[] = [];
  let taken = 0;
  let movedAtMs = 0;
  let handedOnAtMs = 0;
  let handedOn = 0;
  let intervalMs = 0;

  const nowMs = () => clock.now().getTime();
  const waiting = () => returning.length + arriving.length;

  /**
   * Whether the next to arrive would be refused. As many as there are places may wait in any case, except while none
   * becomes free: then one at a time waits and sees.
   */
  function isFull(): boolean {
    if (taken < most) return false;
    if (waiting() >= MOST_WAITING) return true;
    if (waiting() > 0 && nowMs() - movedAtMs > longestWaitMs) return true;
    const isMeasured = handedOn >= most; // the first ones tell how long an operation takes of a process that is not warm yet
    return isMeasured && waiting() >= most && waiting() * intervalMs > longestWaitMs * ADMITTED_SHARE;
  }

  function notePace(): void {
    const atMs = nowMs();
    handedOn += 1;
    intervalMs += (atMs - handedOnAtMs - intervalMs) * Math.max(1 / handedOn, NEWEST_SHARE);
    handedOnAtMs = atMs;
  }

  function standIn(line: Waiting[]): Promise<void> {
    if (waiting() === 0) handedOnAtMs = nowMs();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        line.splice(line.indexOf(entry), 1);
        reject(overloaded());
      }, longestWaitMs);
      const entry: Waiting = {
        take() {
          clearTimeout(timer);
          resolve();
        },
      };
      line.push(entry);
    });
  }

  return {
    isFull,

    /** @throws SERVICE_UNAVAILABLE at once where the wait would be too long, and after it where it was longer than foreseen */
    async take({ isReturning = false } = {}): Promise<void> {
      if (taken < most) {
        taken += 1;
        movedAtMs = nowMs();
      } else if (!isReturning && isFull()) throw overloaded();
      else await standIn(isReturning ? returning : arriving);
    },

    /** Hands a place on to the next in line. */
    give(): void {
      movedAtMs = nowMs();
      const returned = returning.shift();
      const next = returned ?? arriving.shift();
      if (next === undefined) taken -= 1;
      else if (returned === undefined) notePace();
      next?.take();
    },

    counts: () => ({ running: taken, waiting: waiting() }),
  };
}
