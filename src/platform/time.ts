import { z } from "zod";

const EARLIEST = Date.parse("0001-01-01T00:00:00.000Z");
const LATEST = Date.parse("9999-12-31T23:59:59.999Z");

/** A time that both ISO 8601's four digits and PostgreSQL can write: neither knows a year 0. */
export const timeValue = z
  .date("must be a time")
  .refine((time) => time.getTime() >= EARLIEST && time.getTime() <= LATEST, "must be in the years 1 to 9999");

const TIME_EXAMPLE = "must be a time like 2026-06-02T09:00:00.000Z";

/** Longer than any time: a fraction of a second may have any number of digits. */
export const LONGEST_TIME = 100;

/** The same from text with an offset from UTC (RFC 3339). */
export const timeFromText = z
  .string(TIME_EXAMPLE)
  .max(LONGEST_TIME, { error: TIME_EXAMPLE, abort: true })
  .check(z.iso.datetime({ offset: true, error: TIME_EXAMPLE }))
  .transform((text) => new Date(text))
  .pipe(timeValue);

/** The same as text, as cursors hold it. */
export const timeText = z.iso.datetime().refine((text) => !text.startsWith("0000"), "must be in the years 1 to 9999");

/** For `refine` of an object: one time does not come after another. It holds whatever else is wrong, so that all is reported at once. */
export function notAfter(start: string, end: string) {
  const bothGiven = z.object({ [start]: z.date(), [end]: z.date() });
  const holds = (times: Readonly<Record<string, unknown>>) => Number(times[start]) <= Number(times[end]);
  const when = ({ value }: { readonly value: unknown }) => bothGiven.safeParse(value).success;
  return [holds, { message: `must not be after ${end}`, path: [start] as string[], params: { isSenseless: true }, when }] as const;
}
