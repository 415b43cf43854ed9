import type { Clock } from "../../platform/clock.js";
import type { Logger } from "../../platform/logger.js";
import type { Metrics } from "../../platform/metrics.js";
import { createFallbackStore, type FailureRule } from "./fallback-store.js";
import type { LimiterStore } from "./limiter.js";
import { createMemoryStore } from "./memory-store.js";

type Options = { readonly redisUrl: string | undefined; readonly rateLimitFail: FailureRule };

type Platform = { readonly clock: Clock; readonly logger: Logger; readonly metrics: Metrics };

/** The store of the settings: shared through Redis where an address is given, else of this process alone. */
export async function openLimiterStore({ redisUrl, rateLimitFail }: Options, { clock, logger, metrics }: Platform): Promise<LimiterStore> {
  const local = createMemoryStore(clock);
  if (redisUrl === undefined) return local;
  const { createRedisStore } = await import("./redis-store.js"); // its client takes megabytes of memory
  return createFallbackStore({
    shared: createRedisStore(redisUrl, clock),
    local,
    rule: rateLimitFail,
    clock,
    logger,
    onChange: metrics.limiterStore,
  });
}
