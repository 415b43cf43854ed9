import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import type { Clock } from "../platform/clock.js";
import type { Deadline } from "../platform/deadline.js";
import { createFairShare, type FairShare } from "../platform/fair-share.js";
import { sendCancelRequest } from "./cancel-request.js";
import { SERVER_CLAIM, type ConnectionCounts, type Engine, type Query, type Statement, type Transaction } from "./engine.js";
import { migrate } from "./migrate.js";
import { PreparedQuery } from "./prepared-query.js";
import { limitReadTime, type ReadTimeout } from "./read-timeout.js";
import { createStatementNames } from "./statement-names.js";

type Options = { readonly databaseTimeoutMs: number; readonly databasePoolSize: number; readonly clock: Clock };

/** The part of the connections that is Prisma's. Its few statements do not say whose they are, and cannot be shared fairly. */
const SHARE_OF_PRISMA = 0.2;

/** How much longer than the server's own deadline a client waits: for a dead connection, over which no answer comes. */
const GRACE_MS = 1_000;

/** pg gives a bigint as text by default; every other type is as `Query` promises. */
const TYPES = new pg.TypeOverrides();
TYPES.setTypeParser(pg.types.builtins.INT8, BigInt);

/** A pool on a PostgreSQL server. A connection that breaks while idle is dropped by the pool and replaced on demand. */
export function openPostgres(url: string, { databaseTimeoutMs, databasePoolSize, clock }: Options): Engine {
  const connection = {
    connectionString: url,
    connectionTimeoutMillis: Math.min(databaseTimeoutMs, 5_000),
    keepAlive: true,
    options: "-c TimeZone=UTC",
  };
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
    ...createStatements({ pool, readTimeout, share }),
    connections: () => countConnections(pools, share),
    migrate: () => migrateOn(connection),
    async close() {
      for (const { close } of readTimeouts) close();
      await Promise.all(pools.map((each) => each.end()));
    },
  };
}

/** A connection that breaks fails the statement that uses it, or the next one; without a listener it would end the process. */
function createPool(options: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({ ...options, types: TYPES, pipeline: true });
  pool.on("connect", (client) => client.on("error", () => undefined));
  pool.on("error", () => undefined);
  return pool;
}

function countConnections(pools: readonly pg.Pool[], share: FairShare): ConnectionCounts {
  const sum = (count: (pool: pg.Pool) => number) => pools.reduce((total, pool) => total + count(pool), 0);
  const idle = sum(({ idleCount }) => idleCount);
  return { busy: sum(({ totalCount }) => totalCount) - idle, idle, waiting: sum(({ waitingCount }) => waitingCount) + share.waiting() };
}

type Connections = { readonly pool: pg.Pool; readonly readTimeout: ReadTimeout; readonly share: FairShare };

function createStatements(connections: Connections): { readonly query: Query; readonly transaction: Transaction } {
  const { readTimeout } = connections;
  const preparedOf = createStatementNames();

  function send<Row extends object>(client: pg.PoolClient, statement: Statement): Promise<Row[]> {
    const prepared = preparedOf(statement.text);
    return new Promise((resolve, reject) => {
      const onResult = (error: Error | null | undefined, { rows }: { readonly rows: object[] } = NO_RESULT) =>
        error == null ? resolve(rows as Row[]) : reject(error); // the caller wrote the statement
      if (prepared === undefined) client.query(statement.text, statement.values as unknown[], onResult);
      else client.query(new PreparedQuery(prepared, statement, onResult));
    });
  }

  async function runOn<Row extends object>(client: pg.PoolClient, statement: Statement): Promise<Row[]> {
    try {
      return await send<Row>(client, statement);
    } catch (error) {
      if (error instanceof pg.DatabaseError) Error.captureStackTrace(error); // its own stack leads to the reading of a socket
      throw error;
    }
  }

  const query: Query = (statement, deadline) => withClient(connections, deadline, (client) => runOn(client, statement));

  const transaction: Transaction = (run, deadline) =>
    withClient(connections, deadline, async (client) => {
      const inTransaction: Query = async (statement) => {
        deadline?.throwIfPassed();
        readTimeout.restart(client);
        return runOn(client, statement);
      };
      const begun = client.query("BEGIN"); // sent together with the first statement
      try {
        const [result] = await Promise.all([run(inTransaction), begun]);
        await client.query("COMMIT");
        return result;
      } catch (error) {
        await client.query("ROLLBACK");
        throw new RolledBack(error);
      }
    });

  return { query, transaction };
}

const NO_RESULT = { rows: [] };

/** Carries the error of a transaction that was rolled back, after which its connection can be used again. */
class RolledBack extends Error {
  constructor(override readonly cause: unknown) {
    super("The transaction was rolled back");
  }
}

/** Hands out a connection when it is its owner's turn. It is closed where its state is not known: after an error, or where a late request to cancel could meet the next statement. */
async function withClient<T>(
  { pool, share }: Connections,
  deadline: Deadline | undefined,
  run: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const claim = deadline?.claim ?? SERVER_CLAIM;
  const waiting = share.take(claim, deadline);
  if (waiting !== undefined) await waiting;
  let client: pg.PoolClient | undefined;
  let forget: (() => void) | undefined;
  let isReusable = false;
  try {
    const connected = (client = await pool.connect());
    forget = deadline?.onPassed(() => sendCancelRequest(connected));
    deadline?.throwIfPassed();
    const result = await run(connected);
    isReusable = true;
    return result;
  } catch (error) {
    isReusable = error instanceof RolledBack;
    throw error instanceof RolledBack ? error.cause : error;
  } finally {
    forget?.();
    client?.release(!isReusable || deadline?.hasPassed() === true);
    share.release(claim);
  }
}

async function migrateOn(connection: pg.ClientConfig): Promise<readonly string[]> {
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
}
