import { createClient } from "@redis/client";
import type { Clock } from "../../platform/clock.js";
import { createSilenceWatch } from "./silence-watch.js";

export type RedisConnection = ReturnType<typeof createRedisConnection>;
type Connected = ReturnType<typeof openClient>;

const LONGEST_PAUSE_MS = 1_000;

/** How long a new connection has until it can be used. One that is dead may stay silent for a quarter of an hour. */
const CONNECT_MS = 5_000;

/** A connection to Redis that is made again whenever it breaks or falls silent. Until it is there, every command fails at once. */
export function createRedisConnection(url: string, clock: Clock, onReady: () => void) {
  let current = open();
  let openedAtMs = clock.monotonicMs();

  function open(): Connected {
    const opened = openClient(url, onReady, () => replace(opened));
    return opened;
  }

  function replace(silent: Connected): void {
    if (current !== silent) return;
    current = open();
    openedAtMs = clock.monotonicMs();
    silent.retire();
  }

  return {
    /** Sends a command. It fails where Redis stays silent. */
    async send<T>(command: (client: Connected["client"]) => Promise<T>): Promise<T> {
      const { client, watch, explain } = current;
      if (client.isReady) return watch(command(client)).catch(explain);
      if (clock.monotonicMs() - openedAtMs > CONNECT_MS) replace(current);
      throw new Error("Redis is not connected");
    },
    close: () => current.retire(),
  };
}

function openClient(url: string, onReady: () => void, onSilent: () => void) {
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: { connectTimeout: CONNECT_MS, reconnectStrategy: (tries) => Math.min(50 * 2 ** tries, LONGEST_PAUSE_MS) },
  });
  let isRetired = false;
  // Whoever asks meanwhile is told by the failure of the command; without a listener it would end the process.
  client.on("error", () => undefined);
  // It was retired while it connected: the client did not know that connection yet, and would keep it.
  client.on("connect", () => {
    if (isRetired) client.destroy();
  });
  client.on("ready", onReady);
  client.connect().catch(() => undefined);
  return {
    client,
    watch: createSilenceWatch(onSilent),
    /** Says of a command why it really failed: a client that is retired says only that. */
    explain(error: unknown): never {
      throw isRetired ? new Error("Redis did not answer in time", { cause: error }) : error;
    },
    /** Fails whatever waits for an answer. */
    retire(): void {
      isRetired = true;
      client.destroy();
    },
  };
}
