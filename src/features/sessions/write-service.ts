import { requireScope, type Principal } from "../../core/auth/principal.js";
import type { Query, Transaction } from "../../db/engine.js";
import { AppError } from "../../core/errors/app-error.js";
import type { Clock } from "../../platform/clock.js";
import type { Random } from "../../platform/random.js";
import { requireRole } from "../projects/access.js";
import { toEtag } from "./etag.js";
import type { SaveSession } from "./input.js";
import { sessionRow, type SessionRow } from "./row.js";
import type { SessionService } from "./service.js";
import { toStoredVersion } from "./stored-version.js";
import { deleteSession, makeProject, writeSession, type WriteOutcome } from "./write-statements.js";

export type SessionWriteService = ReturnType<typeof createSessionWriteService>;
export type SavedSession = { readonly session: SessionRow; readonly created: boolean };

/** Facts of a session that only the server sets: an import stores the time at which the conversation began as the time of creation. */
type Origin = { readonly createdAt?: Date };

type Dependencies = {
  readonly query: Query;
  readonly transaction: Transaction;
  readonly clock: Clock;
  readonly random: Random;
  readonly sessions: SessionService;
  /** The most bytes that one owner may store, if they are limited. */
  readonly quotaBytes: number | undefined;
};

/** Stores and deletes sessions. A write is one transaction: content, index, counters and quota change together or not at all. */
export function createSessionWriteService({ query, transaction, clock, random, sessions, quotaBytes }: Dependencies) {
  return {
    /**
     * Creates a session, or replaces the one with its id. If the caller has no project with the given id, it is made too.
     * @throws CONFLICT for a stale `expectedEtag` or an id that another project of the same owner uses; QUOTA_EXCEEDED
     */
    async save(principal: Principal, input: SaveSession, origin: Origin = {}): Promise<SavedSession> {
      requireScope(principal, "sessions:write");
      const { projectId } = input;
      const id = input.id ?? random.uuid();
      const version = toStoredVersion(input);
      return transaction(async (run) => {
        const write = async () => {
          const now = clock.now();
          const createdAt = origin.createdAt ?? now;
          const [outcome] = await run<WriteOutcome>(writeSession({ principal, projectId, id, version, createdAt, now, quotaBytes }));
          return outcome;
        };
        let outcome = await write();
        if (outcome === undefined) {
          await run(makeProject(principal, input, clock.now()));
          outcome = await write();
        }
        // The second try sees what another write to the project has made meanwhile.
        if (outcome?.isWritten === false) outcome = await write();
        return toSaved(outcome, input.expectedEtag, { projectId, sessionId: id });
      }, principal.deadline);
    },

    /** Deletes a session and gives its bytes back to the owner's quota. */
    async remove(
      principal: Principal,
      { id, projectId }: { readonly id: string; readonly projectId?: string | null },
    ): Promise<SessionRow> {
      requireScope(principal, "sessions:write");
      const { role, ...session } = await sessions.find(principal, id, projectId ?? undefined);
      requireRole(role, "EDITOR", { sessionId: id });
      const deleted = await query(deleteSession(session, clock.now()), principal.deadline);
      if (deleted.length === 0) throw new AppError("RESOURCE_NOT_FOUND", { message: "Session not found", details: { sessionId: id } });
      return session;
    },
  };
}

/** Checks what was saved, inside the transaction: an error that it throws undoes what was written. */
function toSaved(
  outcome: WriteOutcome | undefined,
  expectedEtag: string | null | undefined,
  details: Record<string, string>,
): SavedSession {
  if (outcome === undefined) throw new AppError("RESOURCE_CONFLICT", { message: "The project was deleted meanwhile", details });
  const { isWritten, role, previousEtag, isWithinQuota, ...session } = outcome;
  requireRole(role, "EDITOR", details);
  if (!isWritten) {
    throw new AppError("RESOURCE_CONFLICT", { message: "Another project already has a session with this id", details });
  }
  if (expectedEtag != null && toEtag(previousEtag) !== expectedEtag) {
    const message = "The session is not at the version that expectedEtag names";
    throw new AppError("RESOURCE_CONFLICT", { message, details: { ...details, currentEtag: toEtag(previousEtag) } });
  }
  if (!isWithinQuota) throw new AppError("QUOTA_EXCEEDED", { details });
  return { session: sessionRow.read(session), created: previousEtag === null };
}
