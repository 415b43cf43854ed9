import { remaining, secondsUntilReset, tightest, type Decision } from "./limiter.js";

/** The headers that this module writes; CORS exposes them to browsers. */
export const RATE_LIMIT_HEADERS = [
  "X-RateLimit-Limit",
  "X-RateLimit-Remaining",
  "X-RateLimit-Reset",
  "RateLimit",
  "RateLimit-Policy",
  "Retry-After",
];

/** A decision as headers: the widespread `X-RateLimit-*` and the IETF draft's (draft-ietf-httpapi-ratelimit-headers). */
export function rateLimitHeaders(decision: Decision, now: Date): Record<string, string> {
  const window = tightest(decision.windows);
  if (window === undefined) return {};
  return {
    "X-RateLimit-Limit": String(window.limit),
    "X-RateLimit-Remaining": String(remaining(window)),
    "X-RateLimit-Reset": String(Math.ceil(window.resetAtMs / 1_000)),
    RateLimit: decision.windows
      .map((state) => `"${nameOf(state.windowMs)}";r=${remaining(state)};t=${secondsUntilReset(state, now)}`)
      .join(", "),
    "RateLimit-Policy": decision.windows.map(({ limit, windowMs }) => `"${nameOf(windowMs)}";q=${limit};w=${windowMs / 1_000}`).join(", "),
  };
}

function nameOf(windowMs: number): string {
  return `${windowMs / 1_000}s`;
}
