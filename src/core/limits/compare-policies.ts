import type { Policy, Window } from "./policy.js";

/**
 * Tells whether whoever keeps to a policy also keeps to the bound, by hourly rates. In no window may it allow more than the bound
 * allows in as much time, and in the long run not more either: under `500/1h,60/1m`, `100/1h` and `500/1h,30/1m` are within,
 * `60/1m` alone is not, since it is 3,600 an hour.
 */
export function isWithin(policy: Policy, bound: Policy): boolean {
  const inEachWindow = policy.every((window) => bound.every((other) => isWindowWithin(window, other)));
  return inEachWindow && lowestRate(policy) <= lowestRate(bound);
}

/** In less time than its window takes, a bound lets its whole limit through at once. */
function isWindowWithin(window: Window, bound: Window): boolean {
  return window.windowMs < bound.windowMs ? window.limit <= bound.limit : rateOf(window) <= rateOf(bound);
}

function lowestRate(policy: Policy): number {
  return Math.min(...policy.map(rateOf));
}

function rateOf({ limit, windowMs }: Window): number {
  return limit / windowMs;
}
