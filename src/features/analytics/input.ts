import { z } from "zod";
import { notAfter, timeValue } from "../../platform/time.js";

/** A span of time. Where no end was given, the time of the request stands for it. */
export const timeRangeInput = z.object({ start: timeValue, end: timeValue }).refine(...notAfter("start", "end"));
