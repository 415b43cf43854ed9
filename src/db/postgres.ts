import { createHash } from "node:crypto";
import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import type { Engine } from "./engine.js";
import { migrate } from "./migrate.js";

/** How much longer than the server's own deadline a client waits: for where the line is dead and nobody can say so. */
const GRACE_MS = 1_000;

/** A name for a prepared statement, which may have 63 characters at most. */
function nameOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** A pool on a PostgreSQL server. A connection that breaks while idle is dropped by the pool and replaced on demand. */
export function openPostgres(url: string, timeoutMs: number): Engine {
  const connection = {
    connectionString: url,
    connectionTimeoutMillis: Math.min(timeoutMs, 5_000),
    keepAlive: true,
    options: "-c TimeZone=UTC",
  };
  const pool = new pg.Pool({
    ...connection,
    statement_timeout: timeoutMs,
    query_timeout: timeoutMs + GRACE_MS,
    idle_in_transaction_session_timeout: timeoutMs,
  });
  pool.on("error", () => undefined); // the next query on a new connection tells the caller; without a listener it would end the process
  return {
    adapter: new PrismaPg(pool),
    query: async (text, values) => (await pool.query<Record<string, unknown>>({ name: nameOf(text), text, values: [...values] })).rows,
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
