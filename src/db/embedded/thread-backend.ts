import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Backend, OnAnswer, OnEnd } from "./backend.js";
import { DatabaseFolderError } from "./database-folder.js";

export type ThreadData = {
  readonly folder: string;
  /** The files are looked through by the first thread only: a later one must be there soon. */
  readonly isFirst: boolean;
};
export type ToThread = Uint8Array | "close";
export type FromThread =
  "opened" | { readonly failure: string } | { readonly panic: string } | { readonly bytes: Uint8Array; readonly isLast: boolean } | Upkeep;

/** The room of deleted rows was given back, or that has failed. */
export type Upkeep = { readonly upkeepFailure: string | null; readonly memoryBytes: number };

type Options = ThreadData & { readonly onUpkeep: (upkeep: Upkeep) => void };

const SCRIPT = fileURLToPath(new URL("./thread.js", import.meta.url));

/** Starts PostgreSQL in a thread. @throws DatabaseFolderError with PostgreSQL's message about its files */
export async function startThread({ folder, isFirst, onUpkeep }: Options): Promise<Backend> {
  const workerData: ThreadData = { folder, isFirst };
  const worker = new Worker(SCRIPT, { workerData });
  let hasEnded = false;
  let failure: Error | undefined;
  worker.on("error", (error) => (failure = error));
  let hear: OnAnswer = () => undefined;
  let hearEnd: OnEnd = () => undefined;
  const ended = new Promise<void>((resolve) => {
    worker.once("exit", () => {
      hasEnded = true;
      hearEnd(failure);
      resolve();
    });
  });
  try {
    await untilOpened(worker);
  } catch (error) {
    await worker.terminate(); // the next one must not find it with the same files open
    throw error;
  }
  worker.on("message", (message: FromThread) => {
    if (message === "opened") return;
    if ("bytes" in message) hear(message.bytes, message.isLast);
    else if ("upkeepFailure" in message) onUpkeep(message);
    else if ("panic" in message) {
      failure = new Error(`PostgreSQL cannot go on: ${message.panic}`);
      void worker.terminate();
    }
  });
  return {
    ended,
    send: (messages) => send(worker, messages, [messages.buffer as ArrayBuffer]), // it is not shared
    listen(onAnswer, onEnd) {
      hear = onAnswer;
      hearEnd = onEnd;
      if (hasEnded) onEnd(failure);
    },
    async terminate() {
      await worker.terminate();
    },
    async close() {
      send(worker, "close");
      await ended;
    },
  };
}

function send(worker: Worker, message: ToThread, transferred: ArrayBuffer[] = []): void {
  worker.postMessage(message, transferred);
}

function untilOpened(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once("message", (message: FromThread) => {
      if (typeof message === "object" && "failure" in message) reject(new DatabaseFolderError(message.failure));
      else resolve();
    });
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("The embedded database ended while it was opened")));
  });
}
