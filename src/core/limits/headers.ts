import type { HeaderList } from "../../platform/header-list.js";
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
export function rateLimitHeaders(decision: Decision, now: Date): HeaderList {
  const window = tightest(decision.windows);
  if (window === undefined) return [];
  const states = decision.windows.map((state) => `"${nameOf(state.windowMs)}";r=${remaining(state)};t=${secondsUntilReset(state, now)}`);
  const policies = decision.windows.map(({ limit, windowMs }) => `"${nameOf(windowMs)}";q=${limit};w=${windowMs / 1_000}`);
  return [
    ...["X-RateLimit-Limit", String(window.limit)],
    ...["X-RateLimit-Remaining", String(remaining(window))],
    ...["X-RateLimit-Reset", String(Math.ceil(window.resetAtMs / 1_000))],
    ...["RateLimit", states.join(", ")],
    ...["RateLimit-Policy", policies.join(", ")],
  ];
}

function nameOf(windowMs: number): string {
  return `${windowMs / 1_000}s`;
}
