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

/** What only the server itself may say of a session it stores: an import keeps the time at which it began. */
type Origin = { readonly createdAt?: Date };

type Dependencies = {
  readonly query: Query;
  readonly transaction: Transaction;
  readonly clock: Clock;
  readonly random: Random;
  readonly sessions: SessionService;
  /** Bytes that one owner may store, if that is limited. */
  readonly quotaBytes: number | undefined;
};

/** Storing and deleting sessions. A write is one transaction: content, index, counters and quota change together or not at all. */
export function createSessionWriteService({ query, transaction, clock, random, sessions, quotaBytes }: Dependencies) {
  return {
    /**
     * Creates a session or replaces the one with its id; the project is made where the caller has none with that id.
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
        // What another write to the project has made meanwhile, the second try sees.
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
/** What was saved. What it throws is thrown inside the transaction, so that what was written is undone. */
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
