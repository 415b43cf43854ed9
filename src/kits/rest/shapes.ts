import { z } from "zod";

/** A time of an answer: ISO 8601 with milliseconds, in UTC. */
export const isoTime = z.iso.datetime({ precision: 3 });

/** What an answer holds, in the success envelope (CONTRACT, section 5). */
export function envelope<T extends z.ZodType>(data: T) {
  return z.object({ success: z.literal(true), data });
}

/** The whole answer where there is nothing to say. */
export const done = z.object({ success: z.literal(true) });
