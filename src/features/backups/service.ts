import { recordAction, type Actor } from "../../core/audit/record.js";
import { requireScope, type Principal } from "../../core/auth/principal.js";
import { AppError } from "../../core/errors/app-error.js";
import { createBackup } from "../../db/backup/backup.js";
import type { DumpSource } from "../../db/backup/dump.js";

export function createBackupService(source: DumpSource) {
  const { query, clock } = source;

  let isRunning = false;

  async function* createAlone(actor: Actor): AsyncGenerator<Uint8Array> {
    if (isRunning) throw new AppError("RESOURCE_CONFLICT", { message: "Another backup is being made: wait for its end" });
    isRunning = true;
    try {
      await recordAction(query, { at: clock.now(), action: "BACKUP_MADE", actor, ownerId: null });
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
      return createAlone(principal);
    },
  };
}
