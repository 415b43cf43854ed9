import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import type { Deadline } from "../platform/deadline.js";
import { sendCancelRequest } from "./cancel-request.js";
import type { Engine, Query, Statement, Transaction } from "./engine.js";
import { migrate } from "./migrate.js";
import { createStatementNames } from "./statement-names.js";

type Options = { readonly databaseTimeoutMs: number; readonly databasePoolSize: number };

/** How much longer than the server's own deadline a client waits: for a dead connection, over which no answer comes. */
const GRACE_MS = 1_000;

/** pg gives a bigint as text by default; every other type is as `Query` promises. */
const TYPES = new pg.TypeOverrides();
TYPES.setTypeParser(pg.types.builtins.INT8, BigInt);

/** A pool on a PostgreSQL server. A connection that breaks while idle is dropped by the pool and replaced on demand. */
export function openPostgres(url: string, { databaseTimeoutMs, databasePoolSize }: Options): Engine {
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
  const pool = new pg.Pool({ ...connection, ...limits, pipeline: true });
  // A connection that breaks fails the statement that uses it, or the next one; without a listener it would end the process.
  pool.on("connect", (client) => client.on("error", () => undefined));
  pool.on("error", () => undefined);
  return {
    adapter: new PrismaPg(pool),
    ...createStatements(pool),
    connections: () => ({ busy: pool.totalCount - pool.idleCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    migrate: () => migrateOn(connection),
    close: () => pool.end(),
  };
}

function createStatements(pool: pg.Pool): { readonly query: Query; readonly transaction: Transaction } {
  const nameOf = createStatementNames();
  const toConfig = ({ text, values }: Statement) => ({ name: nameOf(text), text, values: values as unknown[], types: TYPES });

  const query: Query = async <Row extends object>(statement: Statement, deadline?: Deadline) => {
    if (deadline === undefined) return (await pool.query<Row>(toConfig(statement))).rows;
    return withClient(pool, deadline, async (client) => (await client.query<Row>(toConfig(statement))).rows);
  };

  const transaction: Transaction = (run, deadline) =>
    withClient(pool, deadline, async (client) => {
      const inTransaction: Query = async <Row extends object>(statement: Statement) => {
        deadline?.throwIfPassed();
        return (await client.query<Row>(toConfig(statement))).rows;
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

/** Carries the error of a transaction that was rolled back, after which its connection can be used again. */
class RolledBack extends Error {
  constructor(override readonly cause: unknown) {
    super("The transaction was rolled back");
  }
}

/** Hands out a connection. It is closed where its state is not known: after an error, or where a late request to cancel could meet the next statement. */
async function withClient<T>(pool: pg.Pool, deadline: Deadline | undefined, run: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  const forget = deadline?.onPassed(() => sendCancelRequest(client));
  let isReusable = false;
  try {
    deadline?.throwIfPassed();
    const result = await run(client);
    isReusable = true;
    return result;
  } catch (error) {
    isReusable = error instanceof RolledBack;
    throw error instanceof RolledBack ? error.cause : error;
  } finally {
    forget?.();
    client.release(!isReusable || deadline?.hasPassed() === true);
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
