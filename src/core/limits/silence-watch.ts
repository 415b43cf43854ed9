/** A connection on which nothing is answered for this many ticks is silent, however little was asked. */
const SILENT_TICKS = 5;

/** No answer takes longer than this many ticks, although others come: what is queued before it may be much. */
const LONGEST_TICKS = 20;

const TICK_MS = 100;

/**
 * Watches what waits for answers on a connection, and tells when it has fallen silent. Time is counted in ticks and not by
 * the clock: while this process itself is too busy to read an answer, no tick comes either.
 */
export function createSilenceWatch(onSilent: () => void) {
  const waiting = new Set<{ readonly sinceTick: number }>(); // the one that waits longest comes first
  let timer: NodeJS.Timeout | undefined;
  let tick = 0;
  let answeredTick = 0;

  function check(): void {
    tick += 1;
    const [oldest] = waiting;
    const isSilent = tick - answeredTick >= SILENT_TICKS || (oldest !== undefined && tick - oldest.sinceTick >= LONGEST_TICKS);
    if (isSilent) onSilent();
  }

  function stop(): void {
    clearInterval(timer);
    timer = undefined;
  }

  return async <T>(answer: Promise<T>): Promise<T> => {
    const one = { sinceTick: tick };
    if (waiting.size === 0) answeredTick = tick;
    waiting.add(one);
    timer ??= setInterval(check, TICK_MS);
    try {
      return await answer;
    } finally {
      waiting.delete(one);
      answeredTick = tick;
      if (waiting.size === 0) stop();
    }
  };
}
