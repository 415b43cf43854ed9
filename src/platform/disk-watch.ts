import type { Clock } from "./clock.js";
import type { DiskSpace, ReadDiskSpace } from "./disk-space.js";
import { holdReading } from "./held-reading.js";
import type { Logger } from "./logger.js";

export type DiskWatch = ReturnType<typeof createDiskWatch>;

type Options = {
  readonly folder: string;
  /** So many free bytes are too few; if it is not given, a gigabyte or a tenth of the disk, whichever is less. */
  readonly warnBytes: number | undefined;
  readonly read: ReadDiskSpace;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** The disk is asked at most this often. */
const CHECK_EVERY_MS = 10_000;

const GIGABYTE = 1_000_000_000;

/** The disk has room again when so many times the threshold is free, so that a disk around it is not warned of again and again. */
const RECOVERED = 1.1;

/**
 * Watches how much is free on the disk of a folder. The log says once that it is little, and once that there is room again.
 * It asks by itself from `start` until `close`, and whenever somebody wants to know.
 */
export function createDiskWatch({ folder, warnBytes, read, clock, logger }: Options) {
  let isLow = false;
  let isUnreadable = false;
  let timer: NodeJS.Timeout | undefined;

  function judge({ freeBytes, totalBytes }: DiskSpace): void {
    const threshold = warnBytes ?? Math.min(GIGABYTE, totalBytes / 10);
    if (!isLow && freeBytes < threshold) {
      isLow = true;
      logger.warn({ folder, freeBytes, totalBytes, warnBytes: threshold }, "the disk is nearly full");
    } else if (isLow && freeBytes >= threshold * RECOVERED) {
      isLow = false;
      logger.info({ folder, freeBytes, totalBytes }, "the disk has room again");
    }
  }

  async function check(): Promise<DiskSpace> {
    try {
      const space = await read(folder);
      isUnreadable = false;
      judge(space);
      return space;
    } catch (error) {
      if (!isUnreadable) logger.warn({ err: error, folder }, "the free space of the disk cannot be read");
      isUnreadable = true;
      throw error;
    }
  }

  /** Returns the free bytes, at most ten seconds old. @throws the system's error if they cannot be read */
  const latest = holdReading(check, { clock, forMs: CHECK_EVERY_MS });

  return {
    folder,
    latest,

    /** @throws Error if too little is free, or if it cannot be read how much is */
    async requireRoom(): Promise<void> {
      const { freeBytes } = await latest();
      if (isLow) throw new Error(`${freeBytes} bytes are free on the disk`);
    },

    start(): void {
      const ask = () => void latest().catch(() => undefined); // the log has it
      timer ??= setInterval(ask, CHECK_EVERY_MS).unref();
      ask();
    },

    close: (): void => clearInterval(timer),
  };
}
