import { z } from "zod";
import { notAfter, timeValue } from "../../platform/time.js";

export const timeRangeInput = z.object({ start: timeValue, end: timeValue }).refine(...notAfter("start", "end"));
