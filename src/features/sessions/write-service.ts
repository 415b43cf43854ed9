import { requireScope, type Principal } from "../../core/auth/principal.js";
import type { Query, Transaction } from "../../db/engine.js";
import { AppError } from "../../core/errors/app-error.js";
import type { Clock } from "../../platform/clock.js";
import type { Random } from "../../platform/random.js";
import { requireRole } from "../projects/access.js";
import { countParts, createStaging } from "./content/staging.js";
import type { SaveSession } from "./input.js";
import type { SessionRow } from "./row.js";
import type { SessionService } from "./service.js";
import { createSessionStore, type SavedSession } from "./store-session.js";
import { toStoredVersion } from "./stored-version.js";
import { deleteSession } from "./write-statements.js";

export type SessionWriteService = ReturnType<typeof createSessionWriteService>;
export type { SavedSession } from "./store-session.js";

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
  const staging = createStaging({ query, clock, random });
  const { requireAllowed, store } = createSessionStore({ query, transaction, clock, quotaBytes });
  return {
    /**
     * Creates a session, or replaces the one with its id. If the caller has no project with the given id, it is made too.
     * @throws CONFLICT for a stale `expectedEtag` or an id that another project of the same owner uses; QUOTA_EXCEEDED
     */
    async save(principal: Principal, input: SaveSession, origin: Origin = {}): Promise<SavedSession> {
      requireScope(principal, "sessions:write");
      const id = input.id ?? random.uuid();
      const version = await toStoredVersion(input);
      const plan = { principal, input, id, version, createdAt: origin.createdAt };
      if (countParts(version) === 0) return store(plan, null);
      await requireAllowed(plan); // before megabytes are staged for a write that would certainly fail
      return staging.withParts(version, principal.deadline, (uploadId) => store(plan, uploadId));
    },

    /** Deletes a session and gives its bytes back to the owner's quota. */
    async remove(
      principal: Principal,
      { id, projectId }: { readonly id: string; readonly projectId?: string | null },
    ): Promise<SessionRow> {
      requireScope(principal, "sessions:write");
      const { role, ...session } = await sessions.find(principal, id, projectId ?? undefined);
      requireRole(role, "EDITOR", { sessionId: id });
      const deleted = await query(deleteSession({ principal, session, now: clock.now() }), principal.deadline);
      if (deleted.length === 0) throw new AppError("RESOURCE_NOT_FOUND", { message: "Session not found", details: { sessionId: id } });
      return session;
    },
  };
}
