/** One window of a rate limit: at most `limit` units in `windowMs` milliseconds from the first of them. */
export type Window = { readonly limit: number; readonly windowMs: number };

/** One or several windows that all hold at once, in the order in which they were written. */
export type Policy = readonly Window[];

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Four windows have 67 characters with the spaces that are usual. */
const LONGEST_TEXT = 200;
const WINDOW = /^(\d{1,9})\/(\d{1,4})?([smhd])$/;

function parseWindow(text: string): Window | null {
  const match = WINDOW.exec(text.trim());
  if (match === null) return null;
  const [, limit = "", count = "1", unit = ""] = match;
  const windowMs = Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS]; // the pattern admits these units only
  return Number(limit) > 0 && windowMs > 0 ? { limit: Number(limit), windowMs } : null;
}

/** `"500/1h,60/1m"` as a policy, or null if it is not of that form (units s, m, h, d; at most four windows). */
export function parsePolicy(text: string): Policy | null {
  if (text.length > LONGEST_TEXT) return null;
  const windows = text.split(",").map(parseWindow);
  if (windows.length > 4) return null;
  return windows.every((window) => window !== null) ? windows : null;
}
