import { connect } from "node:net";
import type pg from "pg";
import { z } from "zod";

/** The properties of pg's open connections that its types leave out. */
const backend = z.object({ host: z.string(), port: z.number(), processID: z.number(), secretKey: z.number() });

/** The code of a CancelRequest (PostgreSQL's manual, "Message Formats"). */
const CANCEL_REQUEST = 80_877_102;

const CANCEL_TIMEOUT_MS = 2_000;

/**
 * Asks PostgreSQL to cancel the statement that runs on this client's connection. A new connection carries the request, and
 * PostgreSQL does not answer it.
 */
export function sendCancelRequest(client: pg.PoolClient): void {
  const known = backend.safeParse(client);
  if (!known.success) return; // some poolers give no secret key: the statement's timeout ends it
  const { host, port, processID, secretKey } = known.data;
  const packet = Buffer.alloc(16);
  [16, CANCEL_REQUEST, processID, secretKey].forEach((value, index) => packet.writeInt32BE(value, index * 4));
  const socket = host.startsWith("/") ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  socket.setTimeout(CANCEL_TIMEOUT_MS, () => socket.destroy());
  socket.on("error", () => undefined); // nothing is left to cancel if the server is gone
  socket.end(packet);
}
