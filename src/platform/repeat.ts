import type { Clock } from "./clock.js";

type Repeated = {
  readonly clock: Pick<Clock, "wait">;
  readonly firstPauseMs: number;
  readonly pauseMs: number;
  readonly work: (signal: AbortSignal) => Promise<void>;
  readonly onError: (error: unknown) => void;
};

/**
 * Does work again and again, each time after a pause. A failure is reported, and the work is tried again after the next pause.
 * The returned function stops it, and resolves when nothing runs any more.
 */
export function repeat({ clock, firstPauseMs, pauseMs, work, onError }: Repeated): () => Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;

  async function run(): Promise<void> {
    for (let ms = firstPauseMs; !signal.aborted; ms = pauseMs) {
      const hasWaited = await clock.wait(ms, signal).then(
        () => true,
        () => false, // it was stopped
      );
      if (hasWaited) await work(signal).catch(onError);
    }
  }

  const running = run();
  return async () => {
    stopping.abort();
    await running;
  };
}
