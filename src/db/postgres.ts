import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import type { Engine } from "./engine.js";
import { migrate } from "./migrate.js";

/** A pool on a PostgreSQL server. A connection that breaks while idle is dropped by the pool and replaced on demand. */
export function openPostgres(url: string, timeoutMs: number): Engine {
  const pool = new pg.Pool({
    connectionString: url,
    connectionTimeoutMillis: Math.min(timeoutMs, 5_000),
    statement_timeout: timeoutMs,
    idle_in_transaction_session_timeout: timeoutMs,
    options: "-c TimeZone=UTC",
  });
  pool.on("error", () => undefined); // the next query on a new connection tells the caller; without a listener it would end the process
  return {
    adapter: new PrismaPg(pool),
    async migrate() {
      const client = await pool.connect();
      try {
        return await migrate({
          query: async (sql, values = []) => (await client.query<Record<string, unknown>>(sql, [...values])).rows,
          script: async (sql) => {
            await client.query(sql);
          },
        });
      } finally {
        client.release();
      }
    },
    close: () => pool.end(),
  };
}
