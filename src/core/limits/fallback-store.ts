import { AppError } from "../errors/app-error.js";
import type { Clock } from "../../platform/clock.js";
import type { Logger } from "../../platform/logger.js";
import { CounterError, type LimiterStore } from "./limiter.js";

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

/** How often a lost store is checked. Meanwhile no request asks it, so that none waits for a store that does not answer. */
const CHECK_EVERY_MS = 1_000;

/** How often the log names a counter that cannot be used. */
const LOG_EVERY_MS = 60_000;

/**
 * A shared store, and a rule for when it fails, or when one of its counters does. The log says when it is lost and when it
 * is back.
 */
export function createFallbackStore(options: Options): LimiterStore {
  const { shared, local } = options;
  const decide = createDecisions(options);
  const health = createHealth(options);

  return {
    async consume(budget, policy, cost) {
      if (!health.isUp()) return decide(budget, policy, cost);
      try {
        return await shared.consume(budget, policy, cost);
      } catch (error) {
        if (error instanceof CounterError) health.suspect(error);
        else health.lose(error);
        return decide(budget, policy, cost);
      }
    },
    async check() {
      await shared.check();
      health.recover();
    },
    isRequired: options.rule === "closed",
    async close() {
      health.close();
      await shared.close();
      await local.close();
    },
  };
}

/** Decides by the rule. */
function createDecisions({ local, rule, clock }: Options): LimiterStore["consume"] {
  const decisions: Readonly<Record<FailureRule, LimiterStore["consume"]>> = {
    open: (_budget, policy, cost) => {
      const nowMs = clock.now().getTime();
      return { granted: cost, windows: policy.map((window) => ({ ...window, used: 0, resetAtMs: nowMs + window.windowMs })) };
    },
    closed: () => {
      throw new AppError("UPSTREAM_UNAVAILABLE", { message: "The rate limiter cannot be reached" });
    },
    local: local.consume,
  };
  return decisions[rule];
}

/** Knows whether the shared store can be asked. While it is lost, it is checked in the background. */
function createHealth({ shared, rule, clock, logger, onChange }: Options) {
  const closing = new AbortController();
  let isUp = true;
  let isChecking = false;
  let loggedAtMs = Number.NEGATIVE_INFINITY;

  function lose(error: unknown): void {
    if (!isUp || closing.signal.aborted) return;
    isUp = false;
    logger.warn({ err: error, rule }, "Redis is lost; RATE_LIMIT_FAIL decides");
    onChange(false);
    awaitReturn().catch(() => undefined); // it is closed meanwhile
  }

  function recover(): void {
    if (isUp) return;
    isUp = true;
    logger.info("Redis is back");
    onChange(true);
  }

  async function awaitReturn(): Promise<void> {
    while (!isUp) {
      await clock.wait(CHECK_EVERY_MS, closing.signal);
      await shared.check().then(recover, () => undefined);
    }
  }

  function reportCounter(error: CounterError): void {
    const nowMs = clock.monotonicMs();
    if (nowMs - loggedAtMs < LOG_EVERY_MS) return;
    loggedAtMs = nowMs;
    logger.warn({ err: error, rule }, "A counter in Redis cannot be used; RATE_LIMIT_FAIL decides for its budget");
  }

  return {
    isUp: () => isUp,
    lose,
    recover,
    /** Finds out whether the store fails or the counter alone. */
    suspect(error: CounterError): void {
      if (isChecking) return;
      isChecking = true;
      const check = shared.check().then(() => reportCounter(error), lose);
      void check.finally(() => (isChecking = false));
    },
    close: () => closing.abort(),
  };
}
