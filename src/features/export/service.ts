import { recordAction } from "../../core/audit/record.js";
import { requireScope, type Principal } from "../../core/auth/principal.js";
import { AppError } from "../../core/errors/app-error.js";
import type { Query } from "../../db/engine.js";
import type { Clock } from "../../platform/clock.js";
import { toTarGzip } from "./archive.js";
import { exportedFiles, type Sources } from "./files.js";
import { createOwnData } from "./own-data.js";
import { createWholeSessions } from "./whole-session.js";

type Dependencies = Pick<Sources, "users" | "apiKeys" | "members" | "invitations"> & { readonly query: Query; readonly clock: Clock };

/** Gives users all that is theirs. */
export function createExportService({ query, clock, ...others }: Dependencies) {
  const sources = { ...others, ownData: createOwnData({ query, clock }), sessions: createWholeSessions({ query }), now: clock.now };
  /** The users of whom an export is being made. */
  const running = new Set<string>();

  return {
    /**
     * Makes an archive (.tar.gz) of all that the user owns, piece by piece. Each session is of one moment, the whole is not. It
     * shows everything, so the key needs every scope to read; and a user has one export at a time, since each is much work.
     * @throws FORBIDDEN, CONFLICT before the first piece
     * @throws CONFLICT later, if a session of more than 8 MB is replaced while it is read: the archive then has no end
     */
    async *archive(principal: Principal): AsyncGenerator<Uint8Array> {
      for (const scope of ["projects:read", "sessions:read", "keys:manage"] as const) requireScope(principal, scope);
      if (running.has(principal.userId)) {
        throw new AppError("RESOURCE_CONFLICT", { message: "An export of this user is being made: wait until it ends" });
      }
      running.add(principal.userId);
      try {
        await recordAction(query, { at: clock.now(), action: "USER_EXPORTED", actor: principal, ownerId: principal.userId });
        yield* toTarGzip(exportedFiles(principal, sources));
      } finally {
        running.delete(principal.userId);
      }
    },
  };
}
