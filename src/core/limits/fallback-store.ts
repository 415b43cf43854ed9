import { AppError } from "../errors/app-error.js";
import type { Clock } from "../../platform/clock.js";
import type { Logger } from "../../platform/logger.js";
import type { LimiterStore } from "./limiter.js";

/** What decides while the shared store fails: nothing, so that all pass; nobody passes; or each process by itself. */
export const FAILURE_RULES = ["open", "closed", "local"] as const;
export type FailureRule = (typeof FAILURE_RULES)[number];

type Options = {
  readonly shared: LimiterStore;
  readonly local: LimiterStore;
  readonly rule: FailureRule;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Hears when the shared store is lost, and when it is back. */
  readonly onChange: (isUp: boolean) => void;
};

/** How long a store that failed is left alone, so that not every request waits for one that does not answer. */
const PAUSE_MS = 1_000;

/** A shared store, and a rule for when it fails. The log says when it is lost and when it is back. */
export function createFallbackStore({ shared, local, rule, clock, logger, onChange }: Options): LimiterStore {
  let failedAtMs: number | null = null;

  const nowMs = () => clock.now().getTime();

  function noteFailure(error: unknown): void {
    if (failedAtMs === null) {
      logger.warn({ err: error, rule }, "Redis is lost; RATE_LIMIT_FAIL decides");
      onChange(false);
    }
    failedAtMs = nowMs();
  }

  function noteSuccess(): void {
    if (failedAtMs === null) return;
    logger.info("Redis is back");
    onChange(true);
    failedAtMs = null;
  }

  const decide: Readonly<Record<FailureRule, LimiterStore["consume"]>> = {
    open: (_budget, policy, cost) => {
      const windows = policy.map((window) => ({ ...window, used: 0, resetAtMs: nowMs() + window.windowMs }));
      return { granted: cost, windows };
    },
    closed: () => {
      throw new AppError("UPSTREAM_UNAVAILABLE", { message: "The rate limiter cannot be reached" });
    },
    local: local.consume,
  };

  return {
    async consume(budget, policy, cost) {
      if (failedAtMs !== null && nowMs() - failedAtMs < PAUSE_MS) return decide[rule](budget, policy, cost);
      try {
        const decision = await shared.consume(budget, policy, cost);
        noteSuccess();
        return decision;
      } catch (error) {
        noteFailure(error);
        return decide[rule](budget, policy, cost);
      }
    },
    check: shared.check,
    async close() {
      await shared.close();
      await local.close();
    },
  };
}
