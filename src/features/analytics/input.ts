import { z } from "zod";
import { notAfter, timeValue } from "../../platform/time.js";

/** A span of time. Without an end it ends at the time of the request. */
export const timeRangeInput = z.object({ start: timeValue, end: timeValue }).refine(...notAfter("start", "end"));
