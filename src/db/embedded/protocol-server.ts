import { protocol, type PGlite } from "@electric-sql/pglite";
import { join } from "./bytes.js";
import type { OnAnswer } from "./backend.js";

/** The first byte of a startup message: it has no type, and its length is short. */
const STARTUP = 0;

/** Parts of an answer are gathered to this size, so that a long one does not take a message for each 8 KB. */
const PART_BYTES = 256_000;

/**
 * Speaks PostgreSQL's wire protocol for PGlite, which has one session that outlives its clients: what a client left behind,
 * such as an open transaction or prepared statements, is discarded when the next one comes.
 */
export function createProtocolServer(pglite: PGlite) {
  let isUsed = false;

  function discardSession(): void {
    for (const text of ["ROLLBACK", "DISCARD ALL"]) pglite.execProtocolRawSync(protocol.serialize.query(text));
  }

  /** Answers messages of the protocol. They are whole: a message never goes on in the next call. */
  return async (messages: Uint8Array, onAnswer: OnAnswer): Promise<void> => {
    if (messages[0] === STARTUP) {
      if (isUsed) discardSession();
      isUsed = true;
    }
    const parts = createParts(onAnswer);
    await pglite.execProtocolRawStream(messages, { syncToFs: false, onRawData: parts.add });
    parts.end();
  };
}

/** Gathers the parts of an answer. They are copied, since PGlite uses their memory again. */
function createParts(onAnswer: OnAnswer) {
  let gathered: Uint8Array[] = [];
  let size = 0;
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
      if (size >= PART_BYTES) onAnswer(take(), false);
    },
    end: (): void => onAnswer(take(), true),
  };
}
