import type { Clock } from "../../platform/clock.js";
import { overloaded } from "./overloaded.js";

type Options = {
  /** How many operations run at the same time. */
  readonly slots: number;
  /** Longest wait under lasting overload, in milliseconds. A request whose estimated wait is over half of it is rejected at once. */
  readonly longestWaitMs: number;
  readonly clock: Clock;
};

type Waiting = { readonly sinceTick: number; readonly start: () => void; readonly reject: () => void };

/** The most requests that wait, however fast the queue moves: each holds its connection and some memory. */
const MOST_WAITING = 10_000;

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
 * A fixed number of concurrency slots with a queue before them, first come, first served. Under lasting overload a request
 * that would wait too long is rejected on arrival, judged by the pace at which slots were handed on: an early answer is
 * worth more to its client than a late one. A burst on an idle server is served instead, however long that takes.
 */
export function createSlots({ slots, longestWaitMs, clock }: Options) {
  const queue: Waiting[] = [];
  let running = 0;
  let movedAtMs = 0;
  let queuedSinceMs = 0;
  const pace = createPace(slots);
  const ticks = createTicks(queue, longestWaitMs);

  const nowMs = () => clock.now().getTime();
  const isStalled = (atMs: number) => queue.length > 0 && atMs - movedAtMs > longestWaitMs;

  /** Whether the next request would be rejected. As many as there are slots may wait in any case, unless no slot becomes free any more. */
  function isFull(): boolean {
    if (running < slots) return false;
    const atMs = nowMs();
    if (queue.length >= MOST_WAITING || isStalled(atMs)) return true;
    if (queue.length < slots) return false;
    if (atMs - queuedSinceMs <= BURST_WAITS * longestWaitMs) return queue.length >= BURST;
    return queue.length * pace.intervalMs() > longestWaitMs * ADMITTED_SHARE;
  }

  function recordMove(): void {
    movedAtMs = nowMs();
    ticks.recordMove();
  }

  function wait(): Promise<void> {
    if (queue.length === 0) pace.restart((queuedSinceMs = nowMs()));
    ticks.start();
    return new Promise((resolve, reject) => queue.push({ sinceTick: ticks.now(), start: resolve, reject: () => reject(overloaded()) }));
  }

  return {
    isFull,

    /** Takes a slot, now or after a wait. @throws SERVICE_UNAVAILABLE where the wait would be too long, or was */
    take(): Promise<void> | undefined {
      if (running < slots) {
        running += 1;
        recordMove();
        return undefined;
      }
      if (isFull()) throw overloaded();
      return wait();
    },

    /** Hands a slot on to the next in the queue. */
    release(): void {
      recordMove();
      const next = queue.shift();
      if (next === undefined) running -= 1;
      else pace.record(movedAtMs);
      next?.start();
      if (queue.length === 0) ticks.stop();
    },

    counts: () => ({ running, waiting: queue.length }),
  };
}

/** Rejects the requests that have waited for the longest wait while no slot became free. */
function createTicks(queue: Waiting[], longestWaitMs: number) {
  let tick = 0;
  let movedTick = 0;
  let timer: NodeJS.Timeout | undefined;

  function stop(): void {
    clearInterval(timer);
    timer = undefined;
  }

  function rejectStalled(): void {
    tick += 1;
    if (tick - movedTick < TICKS) return;
    while (queue[0] !== undefined && tick - queue[0].sinceTick >= TICKS) queue.shift()?.reject();
    if (queue.length === 0) stop();
  }

  return {
    now: () => tick,
    recordMove: () => void (movedTick = tick),
    start: () => void (timer ??= setInterval(rejectStalled, Math.max(1, longestWaitMs / TICKS))),
    stop,
  };
}

/** Measures the average time between two slots that were handed on while requests waited. */
function createPace(leastSamples: number) {
  let samples = 0;
  let lastAtMs = 0;
  let intervalMs = 0;
  return {
    /** Returns zero until there are enough samples: the first operations of a process take longer than later ones. */
    intervalMs: () => (samples < leastSamples ? 0 : intervalMs),
    /** Starts a new measurement, so that the time in which nobody waited does not count. */
    restart: (atMs: number) => void (lastAtMs = atMs),
    record(atMs: number): void {
      samples += 1;
      intervalMs += (atMs - lastAtMs - intervalMs) * Math.max(1 / samples, NEWEST_WEIGHT);
      lastAtMs = atMs;
    },
  };
}
