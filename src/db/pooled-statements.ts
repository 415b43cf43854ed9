import pg from "pg";
import type { Deadline } from "../platform/deadline.js";
import type { FairShare } from "../platform/fair-share.js";
import { SERVER_CLAIM, type Query, type Statement, type Transaction } from "./engine.js";
import { PreparedQuery } from "./prepared-query.js";
import type { ReadTimeout } from "./read-timeout.js";
import { createStatementNames } from "./statement-names.js";

type Connections = {
  readonly pool: pg.Pool;
  readonly readTimeout: ReadTimeout;
  readonly share: FairShare;
  /** Stops the statement that runs on a connection, whose deadline has passed. */
  readonly cancel: (client: pg.PoolClient) => void;
};

/** Runs statements and transactions on the connections of a pool, which their owners share fairly. */
export function createStatements(connections: Connections): { readonly query: Query; readonly transaction: Transaction } {
  const { readTimeout } = connections;
  const names = createStatementNames();

  function send<Row extends object>(client: pg.PoolClient, statement: Statement): Promise<Row[]> {
    const prepared = names.of(statement.text);
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
      if (isOutdated(error)) names.renew(statement.text);
      throw error;
    }
  }

  const query: Query = <Row extends object>(statement: Statement, deadline?: Deadline) =>
    withClient(connections, deadline, async (client) => {
      try {
        return await runOn<Row>(client, statement);
      } catch (error) {
        if (!isOutdated(error)) throw error;
        return runOn<Row>(client, statement);
      }
    });

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
        await client.query("ROLLBACK").catch(() => {
          throw error; // the connection is gone, and this says why
        });
        throw new RolledBack(error);
      }
    });

  return { query, transaction };
}

const NO_RESULT = { rows: [] };

/** PostgreSQL's codes for a prepared statement whose columns a migration has changed, or that is not prepared any more. */
const OUTDATED = new Set(["0A000", "26000"]);

const isOutdated = (error: unknown): boolean => error instanceof pg.DatabaseError && error.code !== undefined && OUTDATED.has(error.code);

/** Carries the error of a transaction that was rolled back, after which its connection can be used again. */
class RolledBack extends Error {
  constructor(override readonly cause: unknown) {
    super("The transaction was rolled back");
  }
}

/** Hands out a connection when it is its owner's turn. It is closed where its state is not known: after an error, or where a late request to cancel could meet the next statement. */
async function withClient<T>(
  { pool, share, cancel }: Connections,
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
    forget = deadline?.onPassed(() => cancel(connected));
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
