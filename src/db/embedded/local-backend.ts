import type { PGlite } from "@electric-sql/pglite";
import type { Backend, Backends, OnAnswer, OnEnd } from "./backend.js";
import { createProtocolServer } from "./protocol-server.js";

/** Runs PostgreSQL in this thread, where a statement keeps all else waiting and cannot be stopped: for programs that do nothing else, and tests. */
export function createLocalBackends(pglite: PGlite): Backends {
  const { answer } = createProtocolServer(pglite);
  let hear: OnAnswer = () => undefined;
  let hearEnd: OnEnd = () => undefined;
  let resolveEnded: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (resolveEnded = resolve));

  function end(error?: Error): void {
    hearEnd(error);
    resolveEnded();
  }

  async function close(): Promise<void> {
    await pglite.close();
    end();
  }

  const backend: Backend = {
    ended,
    send(messages) {
      const to = hear; // the next client must not hear what this one asked
      setImmediate(() => void answer(messages, to).catch(end));
    },
    listen(onAnswer, onEnd) {
      hear = onAnswer;
      hearEnd = onEnd;
    },
    terminate: () => Promise.resolve(), // what it does is done before anybody can ask
    close,
  };
  return { start: () => Promise.resolve(backend), stop: close };
}
