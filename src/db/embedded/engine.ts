import { setImmediate as nextTurn } from "node:timers/promises";
import { PrismaPg } from "@prisma/adapter-pg";
import type pg from "pg";
import type { Clock } from "../../platform/clock.js";
import { DeadlineError, type Claim } from "../../platform/deadline.js";
import { createFairShare, type FairShare } from "../../platform/fair-share.js";
import type { DatabaseSizes, Engine } from "../engine.js";
import { migrate, type SqlConnection } from "../migrate.js";
import { countConnections, createPool, withConnection } from "../pool.js";
import { createStatements } from "../pooled-statements.js";
import { vacuum } from "../vacuum.js";
import { limitReadTime } from "../read-timeout.js";
import type { Backends } from "./backend.js";
import { ConnectionStream } from "./connection-stream.js";

export type EmbeddedEngine = Engine & {
  /** Gives the memory of the backend back, which never gets smaller. The next statement starts another. */
  readonly restart: () => Promise<void>;
};

type Options = { readonly backends: Backends; readonly clock: Clock; readonly databaseTimeoutMs: number };

/** Prisma does not say for whom a statement is. */
const PRISMA_CLAIM: Claim = { owner: "prisma", isHeavy: false };

const RESTART_CLAIM: Claim = { owner: "restart", isHeavy: false };

/** The embedded database, with its one connection. A statement whose deadline passes ends the backend, and the next starts another. */
export function toEngine({ backends, clock, databaseTimeoutMs }: Options): EmbeddedEngine {
  const connection = connectionTo(backends);
  const pool = createPool({ ...connection, max: 1, idleTimeoutMillis: 0 });
  const readTimeout = limitReadTime(pool, databaseTimeoutMs);
  const share = createFairShare({ places: 1, clock });
  return {
    adapter: new PrismaPg(inTurn(pool, share)),
    ...createStatements({ pool, readTimeout, share, cancel: stop }),
    connections: () => countConnections([pool], share),
    migrate: () => withConnection(connection, migrate),
    vacuum: () => withConnection(connection, vacuumEmbedded),
    async restart() {
      await share.take(RESTART_CLAIM); // so that no statement is under way
      try {
        await backends.stop();
        await nextTurn(); // in which the pool hears that its connection is gone
      } finally {
        share.release(RESTART_CLAIM);
      }
    },
    hasOneConnection: true,
    async close() {
      readTimeout.close();
      await pool.end();
      await backends.stop();
    },
  };
}

/** The options of a client of the embedded database. */
export function connectionTo({ start }: Backends): pg.ClientConfig {
  return { stream: () => new ConnectionStream(start), user: "postgres", database: "postgres", ssl: false };
}

/** Deletes the old log too, which holds what was deleted: after the switch all of it is in files that no recovery needs. */
async function vacuumEmbedded(connection: SqlConnection): Promise<DatabaseSizes> {
  const sizes = await vacuum(connection);
  await connection.script("SELECT pg_switch_wal()");
  await connection.script("CHECKPOINT");
  return sizes;
}

function stop({ connection }: pg.PoolClient): void {
  connection.stream.destroy(new DeadlineError());
}

/** Makes Prisma, which knows nothing of shares, wait its turn for the connection. */
function inTurn(pool: pg.Pool, share: FairShare): pg.Pool {
  async function connect(): Promise<pg.PoolClient> {
    await share.take(PRISMA_CLAIM);
    try {
      const client = await pool.connect();
      const release = client.release.bind(client);
      client.release = (error) => {
        release(error);
        share.release(PRISMA_CLAIM);
      };
      return client;
    } catch (error) {
      share.release(PRISMA_CLAIM);
      throw error;
    }
  }

  async function query(statement: pg.QueryConfig, values?: unknown[]): Promise<pg.QueryResult> {
    const client = await connect();
    try {
      const result = await client.query(statement, values);
      client.release();
      return result;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  return new Proxy(pool, {
    get(target, name) {
      if (name === "connect") return connect;
      if (name === "query") return query;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
