import { once } from "node:events";
import { createServer } from "node:net";

/** A port that nobody listens on: for servers that cannot be told to choose one, or must come back on the same. */
export async function findFreePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("A listening socket has no port");
  return address.port;
}
