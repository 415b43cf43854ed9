import { Duplex } from "node:stream";
import type { Backend } from "./backend.js";
import { join } from "./bytes.js";

type Done = (error?: Error | null) => void;
type Chunk = { readonly chunk: Uint8Array };

/** Node's larger buffers share their memory with no other, so that they need not be copied for the backend. */
const POOLED_BYTES = 65_536;

/** The backend does not start. The code is PostgreSQL's for a server that takes no connections now. */
class NotStartedError extends Error {
  override readonly name = "NotStartedError";
  readonly code = "57P03";
  constructor(cause: unknown) {
    super("The embedded database does not start", { cause });
  }
}

/** The first byte of the Terminate message (PostgreSQL's manual, "Message Formats"). It has no answer. */
const TERMINATE = 0x58;

/**
 * One client's connection to the embedded database, with what pg asks of a socket. Destroying it while a statement runs ends the
 * backend too, since nothing else stops a statement.
 */
export class ConnectionStream extends Duplex {
  #backend: Backend | undefined;
  #unanswered = 0;

  constructor(private readonly start: () => Promise<Backend>) {
    super();
  }

  connect(): this {
    this.start().then(
      (backend) => this.#attach(backend),
      (cause: unknown) => this.destroy(new NotStartedError(cause)),
    );
    return this;
  }

  #attach(backend: Backend): void {
    if (this.destroyed) return;
    this.#backend = backend;
    backend.listen(
      (bytes, isLast) => {
        if (this.#backend !== backend) return; // it was destroyed
        if (isLast) this.#unanswered -= 1;
        if (bytes.length > 0) this.push(bytes);
      },
      (cause) => this.destroy(new Error("Connection terminated: the embedded database has ended", { cause })),
    );
    this.emit("connect");
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: Done): void {
    this.#send(chunk.byteLength > POOLED_BYTES ? chunk : new Uint8Array(chunk));
    done();
  }

  override _writev(chunks: readonly Chunk[], done: Done): void {
    this.#send(join(chunks.map(({ chunk }) => chunk)));
    done();
  }

  #send(messages: Uint8Array): void {
    if (messages[0] === TERMINATE) return; // the backend outlives the connection
    this.#unanswered += 1;
    this.#backend?.send(messages);
  }

  override _read(): void {
    // What comes is pushed when it comes: an answer is held as a whole in any case.
  }

  override _final(done: Done): void {
    this.push(null);
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    const backend = this.#backend;
    this.#backend = undefined;
    if (backend === undefined || this.#unanswered === 0) return done(error);
    backend.terminate().then(
      () => done(error),
      () => done(error),
    );
  }

  // pg sets these on every socket.
  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}
