import { z } from "zod";

/** A time in an answer: ISO 8601 with milliseconds, in UTC. */
export const isoTime = z.iso.datetime({ precision: 3 });

/** The schema of an answer of a request that succeeded: `{"success": true, "data": ...}`. */
export function envelope<T extends z.ZodType>(data: T) {
  return z.object({ success: z.literal(true), data });
}

/** The schema of an answer without data. */
export const done = z.object({ success: z.literal(true) });
