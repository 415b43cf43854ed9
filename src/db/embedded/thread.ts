import { parentPort, workerData } from "node:worker_threads";
import { createPGlite } from "./create-pglite.js";
import { createProtocolServer } from "./protocol-server.js";
import type { FromThread, ThreadData, ToThread } from "./thread-backend.js";

// The program of the thread in which PostgreSQL runs, so that no statement keeps the server's own thread from anything.

const port = parentPort;
if (port === null) throw new Error("This program runs in a thread");

const post = (message: FromThread, transferred: ArrayBuffer[] = []) => port.postMessage(message, transferred);

try {
  const { folder } = workerData as ThreadData; // made by thread-backend.ts
  const pglite = await createPGlite(folder, (panic) => post({ panic }));
  const answer = createProtocolServer(pglite);
  port.on("message", (message: ToThread) => {
    if (message === "close") void pglite.close().then(() => port.close());
    else void answer(message, (bytes, isLast) => post({ bytes, isLast }, [bytes.buffer as ArrayBuffer]));
  });
  post("opened");
} catch (error) {
  post({ failure: error instanceof Error ? error.message : String(error) });
}
