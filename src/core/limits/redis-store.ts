import { ErrorReply } from "@redis/client";
import type { Clock } from "../../platform/clock.js";
import { CounterError, counterName, type LimiterStore, type WindowState } from "./limiter.js";
import type { Policy } from "./policy.js";
import { createRedisClock } from "./redis-clock.js";
import { createRedisConnection } from "./redis-connection.js";
import { CONSUME } from "./redis-script.js";

/**
 * How long after it was asked Redis may still decide. A Redis that was held up executes all that was sent to it meanwhile,
 * although its senders have decided by themselves. It is shorter than a connection may be silent, so that an answer has
 * time to arrive.
 */
const DECIDE_MS = 400;

/**
 * The first decision is too late where Redis's time is not known yet, or was set anew; its answer tells the time. So it is
 * where this process is too busy to send in time. Redis is then not held up, and each further try has more time.
 */
const MOST_TRIES = 3;
const MORE_TIME = 4;

/** Asked to know whether Redis can decide at all: it takes the same step, on a counter of its own. */
const CHECK = { budget: "check", policy: [{ limit: 1_000_000_000, windowMs: 1_000 }] };

/** The store of any number of processes that share a Redis. It connects by itself, again and again; until then it fails. */
export function createRedisStore(url: string, clock: Clock): LimiterStore {
  const redisClock = createRedisClock(clock);
  const connection = createRedisConnection(url, clock, () => void check().catch(() => undefined)); // it learns Redis's time

  /** @throws CounterError where Redis answers with an error */
  async function decide(keys: string[], asked: readonly number[]): Promise<readonly number[]> {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const askedAtMs = clock.monotonicMs();
      const args = [redisClock.timeIn(DECIDE_MS * MORE_TIME ** tries), ...asked].map(String);
      const answer = await connection.send((client) => client.eval(CONSUME, { keys, arguments: args })).catch(explain);
      const [redisMs = 0, ...decision] = answer as number[]; // what the script answers
      redisClock.learn(redisMs, askedAtMs);
      if (decision.length > 0) return decision;
    }
    throw new Error("Redis decided too late");
  }

  async function consume(budget: string, policy: Policy, cost: number) {
    const name = counterName(budget, policy);
    // The braces keep the counters of one decision together where Redis is a cluster.
    const keys = policy.map((_, index) => `backstory:{${name}}:${index}`);
    const [granted = 0, ...states] = await decide(keys, [cost, ...policy.flatMap(({ limit, windowMs }) => [limit, windowMs])]);
    const nowMs = clock.now().getTime();
    const windows = policy.map((window, index): WindowState => {
      return { ...window, used: states[2 * index] ?? 0, resetAtMs: nowMs + (states[2 * index + 1] ?? 0) };
    });
    return { granted, windows };
  }

  async function check(): Promise<void> {
    await consume(CHECK.budget, CHECK.policy, 1);
  }

  return {
    consume,
    check,
    isRequired: true,
    close() {
      connection.close();
      return Promise.resolve();
    },
  };
}

function explain(error: unknown): never {
  throw error instanceof ErrorReply ? new CounterError(error.message, { cause: error }) : error;
}
