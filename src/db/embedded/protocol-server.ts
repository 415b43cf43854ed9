import { protocol, type PGlite } from "@electric-sql/pglite";
import { join } from "./bytes.js";
import type { OnAnswer } from "./backend.js";

/** The first byte of a startup message: it has no type, and its length is short. */
const STARTUP = 0;

/** Every answer ends with ReadyForQuery, of which the last byte tells what became of the transaction. */
const TRANSACTION_STATES: Readonly<Record<string, TransactionState>> = { I: "none", T: "open", E: "failed" };

export type TransactionState = "none" | "open" | "failed";

/** Parts of an answer are gathered to this size, so that a long one does not take a message for each 8 KB. */
const PART_BYTES = 256_000;

export type ProtocolServer = {
  /** Answers messages of the protocol. They are whole: a message never goes on in the next call. */
  readonly answer: (messages: Uint8Array, onAnswer: OnAnswer) => Promise<void>;
  /** Tells whether the client is in the middle of a transaction. */
  readonly transaction: () => TransactionState;
};

type Options = {
  /** Tells whether transactions that begin now may write. */
  readonly mayWrite?: () => boolean;
};

/**
 * Speaks PostgreSQL's wire protocol for PGlite, which has one session that outlives its clients: what a client left behind,
 * such as an open transaction or prepared statements, is discarded when the next one comes.
 */
export function createProtocolServer(pglite: PGlite, { mayWrite = () => true }: Options = {}): ProtocolServer {
  let isUsed = false;
  let transaction: TransactionState = "none";
  let isReadOnly = false;

  const run = (text: string) => pglite.execProtocolRawSync(protocol.serialize.query(text));

  function discardSession(): void {
    for (const text of ["ROLLBACK", "DISCARD ALL"]) run(text);
    transaction = "none";
    isReadOnly = false;
  }

  /** PostgreSQL then answers 25006 to writes, and reads go on. */
  function setReadOnly(value: boolean): void {
    run(`SET default_transaction_read_only = ${value ? "on" : "off"}`);
    isReadOnly = value;
  }

  return {
    transaction: () => transaction,
    async answer(messages, onAnswer) {
      if (messages[0] === STARTUP) {
        if (isUsed) discardSession();
        isUsed = true;
      } else if (transaction === "none" && isReadOnly === mayWrite()) setReadOnly(!isReadOnly);
      const parts = createParts(onAnswer);
      await pglite.execProtocolRawStream(messages, { syncToFs: false, onRawData: parts.add });
      transaction = TRANSACTION_STATES[String.fromCharCode(parts.lastByte() ?? 0)] ?? "failed";
      parts.end();
    },
  };
}

/** Gathers the parts of an answer. They are copied, since PGlite uses their memory again. */
function createParts(onAnswer: OnAnswer) {
  let gathered: Uint8Array[] = [];
  let size = 0;
  let lastByte: number | undefined;
  const take = (): Uint8Array => {
    const bytes = join(gathered);
    gathered = [];
    size = 0;
    return bytes;
  };
  return {
    add(bytes: Uint8Array): void {
      gathered.push(bytes.slice());
      size += bytes.length;
      lastByte = bytes.at(-1) ?? lastByte;
      if (size >= PART_BYTES) onAnswer(take(), false);
    },
    lastByte: () => lastByte,
    end: (): void => onAnswer(take(), true),
  };
}
