import { parentPort, workerData } from "node:worker_threads";
import { createPGlite } from "./create-pglite.js";
import { cannotOpen } from "./database-folder.js";
import { createDiskReserve } from "./disk-reserve.js";
import { createProtocolServer } from "./protocol-server.js";
import { createStatementRunner } from "./statement-runner.js";
import { findDamage } from "./find-damage.js";
import { forgetFiles, removeLeftFiles } from "./left-files.js";
import { readStoredFiles } from "./stored-files.js";
import type { FromThread, ThreadData, ToThread } from "./thread-backend.js";
import { createUpkeep } from "./upkeep.js";

// The program of the thread in which PostgreSQL runs, so that no statement keeps the server's own thread from anything.

const port = parentPort;
if (port === null) throw new Error("This program runs in a thread");

const post = (message: FromThread, transferred: ArrayBuffer[] = []) => port.postMessage(message, transferred);

try {
  const { folder, isFirst } = workerData as ThreadData; // made by thread-backend.ts
  const reserve = createDiskReserve(folder);
  const pglite = await createPGlite(folder, { onPanic: (panic) => post({ panic }), reserve });
  const run = createStatementRunner(pglite);
  const stored = readStoredFiles(folder, run);
  const damage = isFirst ? findDamage(folder, stored, run) : null;
  if (damage !== null) throw cannotOpen(folder, damage);
  removeLeftFiles(folder, stored);
  const { answer, transaction } = createProtocolServer(pglite, { mayWrite: () => !reserve.isUsedUp() });
  const onAnswer = createUpkeep({
    run,
    transaction,
    logBytes: reserve.logBytes,
    onDone: (failure) => post({ upkeepFailure: failure, memoryBytes: memoryOf(pglite.Module) }),
  });
  port.on("message", (message: ToThread) => {
    if (message === "close") return void close();
    void answer(message, (bytes, isLast) => post({ bytes, isLast }, [bytes.buffer as ArrayBuffer])).then(onAnswer);
  });
  async function close(): Promise<void> {
    await pglite.close();
    forgetFiles(folder);
    port?.close();
  }
  post("opened");
} catch (error) {
  post({ failure: error instanceof Error ? error.message : String(error) });
}

/** The memory of a WebAssembly module in bytes. It only grows. */
function memoryOf(module: unknown): number {
  const memory: unknown = typeof module === "object" && module !== null ? Reflect.get(module, "HEAPU8") : undefined;
  return memory instanceof Uint8Array ? memory.length : 0;
}
