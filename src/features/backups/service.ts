import { requireScope, type Principal } from "../../core/auth/principal.js";
import { AppError } from "../../core/errors/app-error.js";
import { createBackup } from "../../db/backup/backup.js";
import type { DumpSource } from "../../db/backup/dump.js";

export function createBackupService(source: DumpSource) {
  let isRunning = false;

  async function* createAlone(): AsyncGenerator<Uint8Array> {
    if (isRunning) throw new AppError("RESOURCE_CONFLICT", { message: "Another backup is being made: wait for its end" });
    isRunning = true;
    try {
      yield* createBackup(source);
    } finally {
      isRunning = false;
    }
  }

  return {
    /**
     * Makes a backup of the data of all users, piece by piece, one backup at a time.
     * @throws FORBIDDEN without the scope admin; with the first piece CONFLICT if another backup is being made
     */
    create(principal: Principal): AsyncGenerator<Uint8Array> {
      requireScope(principal, "admin");
      return createAlone();
    },
  };
}
