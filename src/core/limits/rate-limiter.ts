import { Store, useRateLimiter } from "@envelop/rate-limiter";
import type { Clock } from "../../platform/clock.js";
import { AppError } from "../errors/app-error.js";
import { remaining, secondsUntilReset, tightest, type Decision, type LimiterStore, type WindowState } from "./limiter.js";
import type { Policy } from "./policy.js";

export type RateLimiter = {
  /** Asks for `cost` units of a budget: grants as many as the policy has left, in one atomic step. */
  readonly consume: (budget: string, policy: Policy, cost?: number) => Decision | Promise<Decision>;
};

type Call = { readonly budget: string; readonly policy: Policy; readonly cost: number; decision?: Decision };
type StockLimiter = (field: string, call: { args: object; context: object }, config: { max: number; message: string }) => unknown;

/**
 * @envelop/rate-limiter reads a caller's timestamps, decides, and writes them back, so that concurrent calls all pass
 * on the same reading. Here the reading is the decision: one atomic step of our own store, whose outcome the plugin is
 * told as "no call yet" or "one call, still counting", against a limit of one. Writing has nothing left to do.
 */
class AtomicStore extends Store {
  /** The call that the plugin is about to ask for: it does so before it returns. */
  current: Call | undefined;

  constructor(private readonly store: LimiterStore) {
    super();
  }

  override getForIdentity(): readonly number[] | Promise<readonly number[]> {
    const call = this.current;
    if (call === undefined) throw new Error("A rate limit was asked for outside of consume");
    const decide = (decision: Decision): readonly number[] => {
      call.decision = decision;
      return decision.granted > 0 ? [] : [Number.POSITIVE_INFINITY];
    };
    const decision = this.store.consume(call.budget, call.policy, call.cost);
    return decision instanceof Promise ? decision.then(decide) : decide(decision);
  }

  override setForIdentity(): void {}
}

/** Hears what was granted and refused of a kind of budget: the part of its name before the first bar. */
type OnDecision = (kind: string, granted: number, refused: number) => void;

export function createRateLimiter(store: LimiterStore, onDecision: OnDecision): RateLimiter {
  const atomic = new AtomicStore(store);
  const limit = stockLimiterOf(useRateLimiter({ identifyFn: () => "", store: atomic })); // the call itself says whose budget it is

  function decided({ budget, cost, decision }: Call): Decision {
    if (decision === undefined) throw new Error("The rate limiter took no decision");
    onDecision(kindOf(budget), decision.granted, cost - decision.granted);
    return decision;
  }

  return {
    consume(budget, policy, cost = 1) {
      const call: Call = { budget, policy, cost };
      atomic.current = call;
      const deciding = limit(budget, ONE_CALL, AT_MOST_ONE);
      atomic.current = undefined;
      return deciding instanceof Promise ? deciding.then(() => decided(call)) : decided(call);
    },
  };
}

const ONE_CALL = { args: {}, context: {} };
// Without a message the plugin would compose one for each call.
const AT_MOST_ONE = { max: 1, message: "over the limit" };

function kindOf(budget: string): string {
  return budget.slice(0, budget.indexOf("|"));
}

/**
 * The plugin hands its limiter function out through its context hook and nowhere else. The plugin itself is not among
 * Yoga's: its other hook would walk through every document for field limits that it enforces by stopping the operation.
 */
function stockLimiterOf(plugin: ReturnType<typeof useRateLimiter>): StockLimiter {
  let limit: StockLimiter | undefined;
  const extendContext = (context: { rateLimiterFn: StockLimiter }) => void (limit = context.rateLimiterFn);
  // The hook uses nothing else of its argument.
  void plugin.onContextBuilding?.({ extendContext } as unknown as Parameters<NonNullable<typeof plugin.onContextBuilding>>[0]);
  if (limit === undefined) throw new Error("@envelop/rate-limiter gave no limiter function");
  return limit;
}

/** The RATE_LIMITED error of a decision that granted nothing. */
export function rateLimited(decision: Decision, clock: Clock): AppError {
  const window = tightest(decision.windows);
  if (window === undefined) throw new Error("A policy without windows cannot refuse");
  const retryAfter = secondsUntilReset(window, clock.now());
  return new AppError("RATE_LIMIT_EXCEEDED", {
    message: `Rate limit exceeded. Please try again in ${retryAfter} second${retryAfter === 1 ? "" : "s"}.`,
    details: { retryAfter, ...toFacts(window) },
    headers: { "Retry-After": String(retryAfter) },
  });
}

function toFacts(window: WindowState) {
  return { limit: window.limit, remaining: remaining(window), resetAt: new Date(window.resetAtMs).toISOString() };
}
