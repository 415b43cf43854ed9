import type pg from "pg";

/** How many times within the timeout it is checked whether a connection has passed it. */
const TICKS = 10;

export type ReadTimeout = {
  /** Gives a connection in use its whole time again. */
  readonly restart: (client: pg.PoolClient) => void;
  readonly close: () => void;
};

/**
 * Breaks connections that are in use for too long: nothing else says that one is dead. One timer serves them all. pg's own
 * timeout takes a timer for each statement, and with these every answer outlived many garbage collections: of queries with long texts
 * that was a sixth of the server's time.
 */
export function limitReadTime(pool: pg.Pool, timeoutMs: number): ReadTimeout {
  const sinceTick = new Map<pg.PoolClient, number>();
  let tick = 0;

  function restart(client: pg.PoolClient): void {
    sinceTick.delete(client); // so that the one that waits longest comes first
    sinceTick.set(client, tick);
  }

  function check(): void {
    tick += 1;
    for (const [client, since] of sinceTick) {
      // Counted in ticks: a process that was too busy to tick has not read any answer either.
      if (tick - since <= TICKS) return;
      sinceTick.delete(client);
      client.connection.stream.destroy(new Error("Query read timeout")); // its statement fails with this error, in pg's words
    }
  }

  const timer = setInterval(check, timeoutMs / TICKS).unref();
  pool.on("acquire", restart);
  pool.on("release", (_error, client) => void sinceTick.delete(client));
  return { restart, close: () => clearInterval(timer) };
}
