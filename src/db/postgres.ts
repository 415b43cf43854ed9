import { createHash } from "node:crypto";
import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import type { Engine, FindSignal } from "./engine.js";
import { migrate } from "./migrate.js";
import { createCancellingPool } from "./cancelling-pool.js";

type Options = { readonly databaseTimeoutMs: number; readonly databasePoolSize: number };

/** How much longer than the server's own deadline a client waits: for where the line is dead and nobody can say so. */
const GRACE_MS = 1_000;

/** A name for a prepared statement, which may have 63 characters at most. */
function nameOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** A pool on a PostgreSQL server. A connection that breaks while idle is dropped by the pool and replaced on demand. */
export function openPostgres(url: string, { databaseTimeoutMs, databasePoolSize }: Options, findSignal: FindSignal): Engine {
  const connection = {
    connectionString: url,
    connectionTimeoutMillis: Math.min(databaseTimeoutMs, 5_000),
    keepAlive: true,
    options: "-c TimeZone=UTC",
  };
  const limits = {
    max: databasePoolSize,
    statement_timeout: databaseTimeoutMs,
    query_timeout: databaseTimeoutMs + GRACE_MS,
    idle_in_transaction_session_timeout: databaseTimeoutMs,
  };
  const { pool, queryBare } = createCancellingPool({ ...connection, ...limits }, findSignal);
  return {
    adapter: new PrismaPg(pool),
    query: async (text, values) => (await queryBare({ name: nameOf(text), text, values: [...values] })).rows,
    connections: () => ({ busy: pool.totalCount - pool.idleCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    async migrate() {
      const client = new pg.Client(connection); // without the deadlines of requests
      await client.connect();
      try {
        return await migrate({
          query: async (sql, values = []) => (await client.query<Record<string, unknown>>(sql, [...values])).rows,
          script: async (sql) => {
            await client.query(sql);
          },
        });
      } finally {
        await client.end();
      }
    },
    close: () => pool.end(),
  };
}
