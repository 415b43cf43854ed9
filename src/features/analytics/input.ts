import { z } from "zod";
import { notAfter, timeValue } from "../../platform/time.js";

/** A span of time as it is meant at a certain time: one without an end lasts until then, and so must not begin later. */
export const timeRangeInputAt = (now: Date) =>
  z.object({ start: timeValue, end: timeValue.nullish().transform((end) => end ?? now) }).refine(...notAfter("start", "end"));
