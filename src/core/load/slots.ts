import type { Clock } from "../../platform/clock.js";
import type { Claim } from "../../platform/deadline.js";
import { createFairShare } from "../../platform/fair-share.js";
import { overloaded } from "./overloaded.js";

type Options = {
  /** How many operations run at the same time. */
  readonly slots: number;
  /** Longest wait under lasting overload, in milliseconds. A request whose estimated wait is over half of it is rejected at once. */
  readonly longestWaitMs: number;
  readonly clock: Clock;
};

type Waiting = { readonly sinceTick: number; readonly reject: () => void };

/** The operations of one owner that wait, and how fast they get slots. */
type Line = {
  readonly waiting: Set<Waiting>;
  readonly pace: ReturnType<typeof createPace>;
  readonly queuedSinceMs: number;
  movedAtMs: number;
  movedTick: number;
};

/** The most requests that wait, however fast they get slots: each holds its connection and some memory. */
const MOST_WAITING = 10_000;

/** The most requests of one owner that wait, so that no owner fills the queue. */
const MOST_OF_ONE = MOST_WAITING / 4;

/** A queue that was empty recently may grow to this length, whatever the estimated wait: most bursts end by themselves. */
const BURST = 1_000;

/** A queue that has lasted this many times the longest wait counts as lasting overload. */
const BURST_WAITS = 5;

/**
 * Under lasting overload a request may enter the queue if its estimated wait is at most this share of the longest wait: the
 * pace may halve while it waits.
 */
const ADMITTED_SHARE = 0.5;

/** Weight of the newest sample in the moving average of the pace. */
const NEWEST_WEIGHT = 0.02;

/**
 * The number of ticks in the longest wait. Waits are counted in ticks and not by the clock: a process that is too busy to
 * tick is not stalled.
 */
const TICKS = 10;

/**
 * A fixed number of slots for operations, which their owners share fairly, with a queue for each owner. Under lasting overload
 * a request that would wait too long is rejected on arrival, judged by the pace at which its owner gets slots: an early answer
 * is worth more to its client than a late one. A burst on an idle server is served instead, however long that takes.
 */
export function createSlots({ slots, longestWaitMs, clock }: Options) {
  const share = createFairShare({ places: slots, clock });
  const lines = createLines({ slots, longestWaitMs, clock });
  let running = 0;

  /**
   * Whether the owner's next request would be rejected. As many as there are slots may wait in any case, unless the owner gets
   * no slot any more. `arriving` counts its requests that were let in and have not asked for a slot yet.
   */
  function isFull(owner: Claim["owner"], arriving = 0): boolean {
    if (lines.count() >= MOST_WAITING) return true;
    const line = lines.get(owner);
    if (line === undefined) return false;
    const atMs = clock.monotonicMs();
    const size = line.waiting.size + arriving;
    if (size >= MOST_OF_ONE || atMs - line.movedAtMs > longestWaitMs) return true;
    if (size < slots) return false;
    if (atMs - line.queuedSinceMs <= BURST_WAITS * longestWaitMs) return size >= BURST;
    return size * line.pace.intervalMs() > longestWaitMs * ADMITTED_SHARE;
  }

  function wait(claim: Claim): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = lines.enter(claim.owner, () => {
        giveUp();
        reject(overloaded());
      });
      const giveUp = share.enqueue(claim, () => {
        running += 1;
        lines.leave(claim.owner, waiting);
        resolve();
      });
    });
  }

  return {
    isFull,

    /** Takes a slot, now or after a wait. @throws SERVICE_UNAVAILABLE where the wait would be too long, or was */
    take(claim: Claim): Promise<void> | undefined {
      if (share.tryTake(claim)) {
        running += 1;
        return undefined;
      }
      if (isFull(claim.owner)) throw overloaded();
      return wait(claim);
    },

    /** Hands a slot on to the owner that had slots for the least time. */
    release(claim: Claim): void {
      running -= 1;
      lines.recordMove(claim.owner);
      share.release(claim);
    },

    counts: () => ({ running, waiting: lines.count() }),
  };
}

/** The lines of all owners that wait. */
function createLines({ slots, longestWaitMs, clock }: Options) {
  const lines = new Map<Claim["owner"], Line>();
  const ticks = createTicks(lines, longestWaitMs);
  let count = 0;

  function remove(owner: Claim["owner"], line: Line, waiting: Waiting): void {
    if (line.waiting.delete(waiting)) count -= 1;
    if (line.waiting.size === 0) lines.delete(owner);
    if (lines.size === 0) ticks.stop();
  }

  function lineOf(owner: Claim["owner"]): Line {
    const line = lines.get(owner) ?? createLine({ atMs: clock.monotonicMs(), tick: ticks.now(), slots });
    lines.set(owner, line);
    return line;
  }

  function recordMove(owner: Claim["owner"]): Line | undefined {
    const line = lines.get(owner);
    if (line === undefined) return undefined;
    line.movedAtMs = clock.monotonicMs();
    line.movedTick = ticks.now();
    return line;
  }

  return {
    get: (owner: Claim["owner"]) => lines.get(owner),
    count: () => count,
    recordMove: (owner: Claim["owner"]): void => void recordMove(owner),

    enter(owner: Claim["owner"], reject: () => void): Waiting {
      ticks.start();
      const line = lineOf(owner);
      const waiting: Waiting = {
        sinceTick: ticks.now(),
        reject() {
          remove(owner, line, waiting);
          reject();
        },
      };
      line.waiting.add(waiting);
      count += 1;
      return waiting;
    },

    /** Leaves the line for a slot. */
    leave(owner: Claim["owner"], waiting: Waiting): void {
      const line = recordMove(owner);
      line?.pace.record(line.movedAtMs);
      if (line !== undefined) remove(owner, line, waiting);
    },
  };
}

function createLine({ atMs, tick, slots }: { readonly atMs: number; readonly tick: number; readonly slots: number }): Line {
  return { waiting: new Set(), pace: createPace(slots, atMs), queuedSinceMs: atMs, movedAtMs: atMs, movedTick: tick };
}

/** Rejects the requests that have waited for the longest wait while their owner got no slot. */
function createTicks(lines: ReadonlyMap<Claim["owner"], Line>, longestWaitMs: number) {
  let tick = 0;
  let timer: NodeJS.Timeout | undefined;

  function rejectStalled(): void {
    tick += 1;
    for (const { waiting, movedTick } of lines.values()) {
      if (tick - movedTick < TICKS) continue;
      for (const request of waiting) {
        if (tick - request.sinceTick < TICKS) break;
        request.reject();
      }
    }
  }

  return {
    now: () => tick,
    start: () => void (timer ??= setInterval(rejectStalled, Math.max(1, longestWaitMs / TICKS))),
    stop(): void {
      clearInterval(timer);
      timer = undefined;
    },
  };
}

/** Measures the average time between two slots that one owner gets while its requests wait. */
function createPace(leastSamples: number, sinceMs: number) {
  let samples = 0;
  let lastAtMs = sinceMs;
  let intervalMs = 0;
  return {
    /** Returns zero until there are enough samples: the first operations of a process take longer than later ones. */
    intervalMs: () => (samples < leastSamples ? 0 : intervalMs),
    record(atMs: number): void {
      samples += 1;
      intervalMs += (atMs - lastAtMs - intervalMs) * Math.max(1 / samples, NEWEST_WEIGHT);
      lastAtMs = atMs;
    },
  };
}
