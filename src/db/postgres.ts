import { PrismaPg } from "@prisma/adapter-pg";
import type pg from "pg";
import type { Clock } from "../platform/clock.js";
import { createFairShare } from "../platform/fair-share.js";
import { sendCancelRequest } from "./cancel-request.js";
import type { Engine } from "./engine.js";
import { migrate } from "./migrate.js";
import { countConnections, createPool, withConnection } from "./pool.js";
import { createStatements } from "./pooled-statements.js";
import { vacuum } from "./vacuum.js";
import { limitReadTime, type ReadTimeout } from "./read-timeout.js";

type Options = { readonly databaseTimeoutMs: number; readonly databasePoolSize: number; readonly clock: Clock };

/** The part of the connections that is Prisma's. Its few statements do not say whose they are, and cannot be shared fairly. */
const SHARE_OF_PRISMA = 0.2;

/** How much longer than the server's own deadline a client waits: for a dead connection, over which no answer comes. */
const GRACE_MS = 1_000;

/** The options of a connection to a PostgreSQL server. Its statements have no deadline yet. */
export function connectionTo(url: string, databaseTimeoutMs: number) {
  return {
    connectionString: url,
    connectionTimeoutMillis: Math.min(databaseTimeoutMs, 5_000),
    keepAlive: true,
    options: "-c TimeZone=UTC",
  };
}

/** A pool on a PostgreSQL server. A connection that breaks while idle is dropped by the pool and replaced on demand. */
export function openPostgres(url: string, { databaseTimeoutMs, databasePoolSize, clock }: Options): Engine {
  const connection = connectionTo(url, databaseTimeoutMs);
  const limits = { statement_timeout: databaseTimeoutMs, idle_in_transaction_session_timeout: databaseTimeoutMs };
  const ofPrisma = Math.max(1, Math.floor(databasePoolSize * SHARE_OF_PRISMA));
  const ofStatements = databasePoolSize - ofPrisma;
  const pools = [ofStatements, ofPrisma].map((max) => createPool({ ...connection, ...limits, max }));
  const [pool, prismaPool] = pools as [pg.Pool, pg.Pool]; // one for each number
  const readTimeouts = pools.map((each) => limitReadTime(each, databaseTimeoutMs + GRACE_MS));
  const [readTimeout] = readTimeouts as [ReadTimeout]; // the first pool's
  const share = createFairShare({ places: ofStatements, clock });
  return {
    adapter: new PrismaPg(prismaPool),
    ...createStatements({ pool, readTimeout, share, cancel: sendCancelRequest }),
    connections: () => countConnections(pools, share),
    migrate: () => withConnection(connection, migrate),
    vacuum: () => withConnection(connection, vacuum),
    hasOneConnection: false,
    async close() {
      for (const { close } of readTimeouts) close();
      await Promise.all(pools.map((each) => each.end()));
    },
  };
}
