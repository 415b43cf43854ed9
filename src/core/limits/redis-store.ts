import { createClient } from "@redis/client";
import type { Clock } from "../../platform/clock.js";
import { counterName, type LimiterStore, type WindowState } from "./limiter.js";

/**
 * One decision, in one step that nothing comes between: grants what every window has left, counts it, and begins the
 * windows that had not begun. Keys: a counter each window. Arguments: the cost, then limit and length of each window.
 * Answers what was granted, then of each window what is used and for how many milliseconds it lasts.
 */
const CONSUME = `
local granted = tonumber(ARGV[1])
local used, left = {}, {}
for i, key in ipairs(KEYS) do
  used[i] = tonumber(redis.call('GET', key) or '0')
  left[i] = redis.call('PTTL', key)
  granted = math.max(0, math.min(granted, tonumber(ARGV[2 * i]) - used[i]))
end
local answer = { granted }
for i, key in ipairs(KEYS) do
  local window = tonumber(ARGV[2 * i + 1])
  if granted > 0 then
    used[i] = redis.call('INCRBY', key, granted)
    if left[i] < 0 then redis.call('PEXPIRE', key, window) end
  end
  if left[i] < 0 then left[i] = window end
  table.insert(answer, used[i])
  table.insert(answer, left[i])
end
return answer`;

/** How long a decision may take; a Redis that does not answer is as good as none. */
const DEADLINE_MS = 1_000;
const TICK_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

/** The store of any number of processes that share a Redis. It connects by itself, again and again; until then it fails. */
export function createRedisStore(url: string, clock: Clock): LimiterStore {
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: { connectTimeout: DEADLINE_MS, reconnectStrategy: (tries) => Math.min(50 * 2 ** tries, LONGEST_PAUSE_MS) },
  });
  let isClosed = false;
  // Whoever asks meanwhile is told by the failure of the command; without a listener it would end the process.
  client.on("error", () => undefined);
  // It was closed while it connected: the client does not know that connection yet, and would keep it.
  client.on("ready", () => {
    if (isClosed) client.destroy();
  });
  client.connect().catch(() => undefined);

  return {
    async consume(budget, policy, cost) {
      const name = counterName(budget, policy);
      // The braces keep the counters of one decision together where Redis is a cluster.
      const keys = policy.map((_, index) => `backstory:{${name}}:${index}`);
      const args = [cost, ...policy.flatMap(({ limit, windowMs }) => [limit, windowMs])].map(String);
      const answer = await withDeadline(client.eval(CONSUME, { keys, arguments: args }));
      const [granted = 0, ...states] = answer as number[]; // what the script answers
      const nowMs = clock.now().getTime();
      const windows = policy.map((window, index): WindowState => {
        return { ...window, used: states[2 * index] ?? 0, resetAtMs: nowMs + (states[2 * index + 1] ?? 0) };
      });
      return { granted, windows };
    },
    async check() {
      await withDeadline(client.ping());
    },
    close() {
      isClosed = true;
      client.destroy();
      return Promise.resolve();
    },
  };
}

/** Counted in ticks and not by the clock: while this process itself is too busy to read an answer, no tick comes either. */
async function withDeadline<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let ticks = 0;
  const late = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      ticks += 1;
      if (ticks * TICK_MS >= DEADLINE_MS) reject(new Error("Redis did not answer in time"));
    }, TICK_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearInterval(timer);
  }
}
