import type { Principal } from "../../core/auth/principal.js";
import { AppError } from "../../core/errors/app-error.js";
import type { Query, Transaction } from "../../db/engine.js";
import type { Clock } from "../../platform/clock.js";
import { requireRole } from "../projects/access.js";
import { linkParts } from "./content/part-statements.js";
import { countParts } from "./content/staging.js";
import { mayHaveParts } from "./content/stored-text.js";
import { toEtag } from "./etag.js";
import type { SaveSession } from "./input.js";
import { sessionRow, type SessionRow } from "./row.js";
import type { StoredVersion } from "./stored-version.js";
import { admitSession, makeProject, writeSession, type Admission, type WriteOutcome } from "./write-statements.js";

export type SavedSession = { readonly session: SessionRow; readonly created: boolean };

/** A session that is to be stored, and all that is known of it before the database is asked. */
type SavePlan = {
  readonly principal: Principal;
  readonly input: SaveSession;
  readonly id: string;
  readonly version: StoredVersion;
  /** The time of creation; now if it is not known. */
  readonly createdAt: Date | undefined;
};

type Dependencies = {
  readonly query: Query;
  readonly transaction: Transaction;
  readonly clock: Clock;
  readonly quotaBytes: number | undefined;
};

/** Stores sessions, and tells beforehand whether one may be stored. */
export function createSessionStore({ query, transaction, clock, quotaBytes }: Dependencies) {
  return {
    /** @throws FORBIDDEN, CONFLICT or QUOTA_EXCEEDED where `store` would fail now */
    async requireAllowed({ principal, input, id, version }: SavePlan): Promise<void> {
      const statement = admitSession({ principal, projectId: input.projectId, id, version, quotaBytes });
      const [admission] = await query<Admission>(statement, principal.deadline);
      if (admission !== undefined) requireAdmitted(admission, { ...input, id });
    },

    /** Stores the session with the parts of an upload: null where its texts have none. */
    store({ principal, input, id, version, createdAt }: SavePlan, uploadId: string | null): Promise<SavedSession> {
      const { projectId } = input;
      return transaction(async (run) => {
        const write = async () => {
          const now = clock.now();
          const facts = { principal, projectId, id, version, createdAt: createdAt ?? now, now, quotaBytes };
          const [outcome] = await run<WriteOutcome>(writeSession(facts));
          return outcome;
        };
        let outcome = await write();
        if (outcome === undefined) {
          await run(makeProject(principal, input, clock.now()));
          outcome = await write();
        }
        // The second try sees what another write to the project has made meanwhile.
        if (outcome?.isWritten === false) outcome = await write();
        const { previousBytes, ...saved } = toSaved(outcome, { ...input, id });
        if (uploadId !== null || mayHaveParts(previousBytes)) await link(run, { uploadId, version, key: saved.session.key });
        return saved;
      }, principal.deadline);
    },
  };
}

type Link = { readonly uploadId: string | null; readonly version: StoredVersion; readonly key: bigint };

/** Gives the session its new parts, and deletes those of the texts that were replaced. */
async function link(run: Query, { uploadId, version, key }: Link): Promise<void> {
  const keepsSessionData = version.sessionData === null;
  const [linked] = await run<{ parts: number }>(linkParts({ uploadId, keepsSessionData, sessionKey: key }));
  if (linked?.parts !== countParts(version)) throw new Error("Parts of the upload were deleted before the session was written");
}

type Wanted = Pick<SaveSession, "projectId" | "expectedEtag"> & { readonly id: string };

/** Checks what was saved, inside the transaction: an error that it throws undoes what was written. */
function toSaved(outcome: WriteOutcome | undefined, wanted: Wanted): SavedSession & { readonly previousBytes: bigint | null } {
  if (outcome === undefined) throw conflict("The project was deleted meanwhile", wanted);
  const { isWritten, role, previousEtag, previousBytes, isWithinQuota, ...session } = outcome;
  requireAdmitted({ isWritten, role, previousEtag, isWithinQuota }, wanted);
  return { session: sessionRow.read(session), created: previousEtag === null, previousBytes };
}

function requireAdmitted({ isWritten, role, previousEtag, isWithinQuota }: Admission, wanted: Wanted): void {
  const details = { projectId: wanted.projectId, sessionId: wanted.id };
  requireRole(role, "EDITOR", details);
  if (!isWritten) throw conflict("Another project already has a session with this id", wanted);
  if (wanted.expectedEtag != null && toEtag(previousEtag) !== wanted.expectedEtag) {
    throw conflict("The session is not at the version that expectedEtag names", wanted, { currentEtag: toEtag(previousEtag) });
  }
  if (!isWithinQuota) throw new AppError("QUOTA_EXCEEDED", { details });
}

function conflict(message: string, { projectId, id }: Wanted, more: Readonly<Record<string, unknown>> = {}): AppError {
  return new AppError("RESOURCE_CONFLICT", { message, details: { projectId, sessionId: id, ...more } });
}
