import type { Clock } from "./clock.js";

type Options = { readonly clock: Clock; readonly forMs: number };

/**
 * Reads something at most once in so many milliseconds, however often it is asked for. Who asks meanwhile gets what was
 * read, or the failure. While a reading goes on, everybody waits for that one, so that readings that hang do not pile up.
 */
export function holdReading<T>(read: () => Promise<T>, { clock, forMs }: Options): () => Promise<T> {
  let reading: Promise<T> | undefined;
  let begunAtMs = 0;
  let isGoingOn = false;
  const end = () => void (isGoingOn = false);
  return () => {
    if (reading !== undefined && (isGoingOn || clock.monotonicMs() - begunAtMs < forMs)) return reading;
    begunAtMs = clock.monotonicMs();
    isGoingOn = true;
    reading = read();
    reading.then(end, end);
    return reading;
  };
}
