import { z } from "zod";

const EARLIEST = Date.parse("0001-01-01T00:00:00.000Z");
const LATEST = Date.parse("9999-12-31T23:59:59.999Z");

/** A time that both ISO 8601 with four digits and PostgreSQL can write. PostgreSQL has no year 0. */
export const timeValue = z
  .date("must be a time")
  .refine((time) => time.getTime() >= EARLIEST && time.getTime() <= LATEST, "must be in the years 1 to 9999");

const TIME_EXAMPLE = "must be a time like 2026-06-02T09:00:00.000Z";

/** No time is longer than this in use, although a fraction of a second may have any number of digits. */
export const LONGEST_TIME = 100;

/** A time that is read from text with an offset from UTC (RFC 3339). */
export const timeFromText = z
  .string(TIME_EXAMPLE)
  .max(LONGEST_TIME, { error: TIME_EXAMPLE, abort: true })
  .check(z.iso.datetime({ offset: true, error: TIME_EXAMPLE }))
  .transform((text) => new Date(text))
  .pipe(timeValue);

/** A time as text, as cursors hold it. */
export const timeText = z.iso.datetime().refine((text) => !text.startsWith("0000"), "must be in the years 1 to 9999");

/**
 * A rule for `refine` of an object: one time must not be after another. It runs even if other rules fail, so that all
 * mistakes are reported at once.
 */
export function notAfter(start: string, end: string) {
  const bothGiven = z.object({ [start]: z.date(), [end]: z.date() });
  const holds = (times: Readonly<Record<string, unknown>>) => Number(times[start]) <= Number(times[end]);
  const when = ({ value }: { readonly value: unknown }) => bothGiven.safeParse(value).success;
  return [holds, { message: `must not be after ${end}`, path: [start] as string[], params: { isSenseless: true }, when }] as const;
}
