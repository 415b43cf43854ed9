import { connect } from "node:net";
import type pg from "pg";
import { z } from "zod";

/** What pg knows of an open connection, beyond what its types say. */
const backend = z.object({ host: z.string(), port: z.number(), processID: z.number(), secretKey: z.number() });

/** The code of a request to cancel (PostgreSQL's manual, "Message Formats"). */
const CANCEL_REQUEST = 80_877_102;

const CANCEL_TIMEOUT_MS = 2_000;

/** Asks PostgreSQL, on a connection of its own, to cancel what the connection of this client is doing. It sends no answer. */
export function sendCancelRequest(client: pg.PoolClient): void {
  const known = backend.safeParse(client);
  if (!known.success) return; // some poolers give no key for it: the statement's own timeout ends it
  const { host, port, processID, secretKey } = known.data;
  const packet = Buffer.alloc(16);
  [16, CANCEL_REQUEST, processID, secretKey].forEach((value, index) => packet.writeInt32BE(value, index * 4));
  const socket = host.startsWith("/") ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  socket.setTimeout(CANCEL_TIMEOUT_MS, () => socket.destroy());
  socket.on("error", () => undefined); // a server that is gone has nothing left to cancel
  socket.end(packet);
}
