import { connect } from "node:net";
import pg from "pg";
import { z } from "zod";
import type { FindSignal } from "./engine.js";

/** What pg knows of an open connection, beyond what its types say. */
const backend = z.object({ host: z.string(), port: z.number(), processID: z.number(), secretKey: z.number() });

/** The code of a request to cancel (PostgreSQL's manual, "Message Formats"). */
const CANCEL_REQUEST = 80_877_102;

const CANCEL_TIMEOUT_MS = 2_000;

type Query = { readonly name: string; readonly text: string; readonly values: unknown[] };

/**
 * A pool whose statements and transactions end with the operation for which they run: when its signal is aborted, the
 * server is told to cancel, and nothing more begins. `queryBare` runs what is shared by several operations, beyond this.
 */
export function createCancellingPool(config: pg.PoolConfig, findSignal: FindSignal) {
  const pool = new pg.Pool(config);
  // Whoever has a connection that breaks learns it from what he asked; without a listener it would end the process.
  pool.on("connect", (client) => client.on("error", () => undefined));
  pool.on("error", () => undefined); // the next query on a new connection tells the caller; without a listener it would end the process
  const bare = { connect: pool.connect.bind(pool), query: pool.query.bind(pool) };

  async function checkOut(signal: AbortSignal): Promise<pg.PoolClient> {
    signal.throwIfAborted();
    const client = await bare.connect();
    const release = client.release.bind(client);
    const onAbort = () => cancel(client);
    signal.addEventListener("abort", onAbort);
    client.release = (error) => {
      signal.removeEventListener("abort", onAbort);
      // The request to cancel may come late: it must not meet the next one who has the connection.
      release(error ?? signal.aborted);
    };
    return client;
  }

  async function queryUnder(signal: AbortSignal, query: pg.QueryConfig): Promise<pg.QueryResult> {
    const client = await checkOut(signal);
    try {
      const result = await client.query(query);
      client.release();
      return result;
    } catch (error) {
      client.release(error instanceof Error ? error : true);
      throw error;
    }
  }

  // With a callback it is the pool that calls itself, for somebody who has been through here.
  const overrides = {
    connect(callback?: Parameters<typeof bare.connect>[0]) {
      const signal = findSignal();
      if (callback !== undefined) return bare.connect(callback);
      return signal === undefined ? bare.connect() : checkOut(signal);
    },
    query(query: pg.QueryConfig) {
      const signal = findSignal();
      return signal === undefined ? bare.query(query) : queryUnder(signal, query);
    },
  };
  return {
    pool: Object.assign(pool, overrides),
    queryBare: (query: Query): Promise<pg.QueryResult<Record<string, unknown>>> => bare.query(query),
  };
}

/** Asks the server, on a connection of its own, to cancel what the connection of this client is doing. Nobody answers. */
function cancel(client: pg.PoolClient): void {
  const known = backend.safeParse(client);
  if (!known.success) return; // a server that gave no key for it, as some poolers do: the statement's own timeout ends it
  const { host, port, processID, secretKey } = known.data;
  const packet = Buffer.alloc(16);
  [16, CANCEL_REQUEST, processID, secretKey].forEach((value, index) => packet.writeInt32BE(value, index * 4));
  const socket = host.startsWith("/") ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  socket.setTimeout(CANCEL_TIMEOUT_MS, () => socket.destroy());
  socket.on("error", () => undefined); // a server that is gone has nothing left to cancel
  socket.end(packet);
}
