import pg from "pg";
import type { FairShare } from "../platform/fair-share.js";
import type { ConnectionCounts } from "./engine.js";
import type { SqlConnection } from "./migrate.js";

/** The type of an array of `bigint`, for which pg has no constant. */
const INT8_ARRAY = 1016;

/** pg gives a bigint as text by default; every other type is as `Query` promises. */
const TYPES = new pg.TypeOverrides();
TYPES.setTypeParser(pg.types.builtins.INT8, BigInt);
TYPES.setTypeParser(INT8_ARRAY, toBigInts);

/** Reads an array of one dimension, which every one of this server is. */
function toBigInts(text: string): (bigint | null)[] {
  const items = text === "{}" ? [] : text.slice(1, -1).split(",");
  return items.map((item) => (item === "NULL" ? null : BigInt(item)));
}

/** A connection that breaks fails the statement that uses it, or the next one; without a listener it would end the process. */
export function createPool(options: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({ ...options, types: TYPES, pipeline: true });
  pool.on("connect", (client) => client.on("error", () => undefined));
  pool.on("error", () => undefined);
  return pool;
}

/** Counts the connections of pools, and who waits for one. */
export function countConnections(pools: readonly pg.Pool[], share: FairShare): ConnectionCounts {
  const sum = (count: (pool: pg.Pool) => number) => pools.reduce((total, pool) => total + count(pool), 0);
  const idle = sum(({ idleCount }) => idleCount);
  return { busy: sum(({ totalCount }) => totalCount) - idle, idle, waiting: sum(({ waitingCount }) => waitingCount) + share.waiting() };
}

/** Does work on a connection of its own, which has no deadline. */
export async function withConnection<T>(config: pg.ClientConfig, work: (connection: SqlConnection) => Promise<T>): Promise<T> {
  const client = new pg.Client(config);
  client.on("error", () => undefined); // the statement that runs, or the next one, fails with it
  await client.connect();
  try {
    return await work({
      query: async (sql, values = []) => (await client.query<Record<string, unknown>>(sql, [...values])).rows,
      script: async (sql) => {
        await client.query(sql);
      },
    });
  } finally {
    await client.end();
  }
}
