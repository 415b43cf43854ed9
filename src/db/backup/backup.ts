import { createDeadline, type Claim } from "../../platform/deadline.js";
import { compressBackup } from "./compress.js";
import { dumpDatabase, type DumpSource } from "./dump.js";

/** A backup waits for its turn like one more caller, and its many statements count as heavy work. */
const CLAIM: Claim = { owner: "backup", isHeavy: true };

/**
 * Makes the bytes of a backup of the whole database, as they are taken. Between two pieces nothing is held. Who stops taking
 * them does not stop a statement that runs: it is short, and stopping one ends the embedded database's thread.
 * @throws what `dumpDatabase` throws
 */
export function createBackup(source: DumpSource): AsyncGenerator<Uint8Array> {
  const { deadline } = createDeadline(CLAIM);
  return compressBackup(dumpDatabase(source, deadline));
}
