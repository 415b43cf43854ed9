import { PrismaPg } from "@prisma/adapter-pg";
import type pg from "pg";
import type { Clock } from "../../platform/clock.js";
import { DeadlineError, type Claim } from "../../platform/deadline.js";
import { createFairShare, type FairShare } from "../../platform/fair-share.js";
import type { Engine } from "../engine.js";
import { countConnections, createPool, migrateOn } from "../pool.js";
import { createStatements } from "../pooled-statements.js";
import { limitReadTime } from "../read-timeout.js";
import type { Backends } from "./backend.js";
import { ConnectionStream } from "./connection-stream.js";

type Options = { readonly backends: Backends; readonly clock: Clock; readonly databaseTimeoutMs: number };

/** Prisma does not say for whom a statement is. */
const PRISMA_CLAIM: Claim = { owner: "prisma", isHeavy: false };

/** The embedded database, with its one connection. A statement whose deadline passes ends the backend, and the next starts another. */
export function toEngine({ backends, clock, databaseTimeoutMs }: Options): Engine {
  const connection = connectionTo(backends);
  const pool = createPool({ ...connection, max: 1, idleTimeoutMillis: 0 });
  const readTimeout = limitReadTime(pool, databaseTimeoutMs);
  const share = createFairShare({ places: 1, clock });
  return {
    adapter: new PrismaPg(inTurn(pool, share)),
    ...createStatements({ pool, readTimeout, share, cancel: stop }),
    connections: () => countConnections([pool], share),
    migrate: () => migrateOn(connection),
    async close() {
      readTimeout.close();
      await pool.end();
      await backends.close();
    },
  };
}

/** The options of a client of the embedded database. */
export function connectionTo({ start }: Backends): pg.ClientConfig {
  return { stream: () => new ConnectionStream(start), user: "postgres", database: "postgres", ssl: false };
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
