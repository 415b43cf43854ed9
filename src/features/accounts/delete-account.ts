import { recordAction, toActorValues } from "../../core/audit/record.js";
import type { ChangeCredentials } from "../../core/auth/credential-changes.js";
import { AppError } from "../../core/errors/app-error.js";
import type { Query, Transaction } from "../../db/engine.js";
import type { StatementTemplate } from "../../db/statement.js";
import type { Clock } from "../../platform/clock.js";
import type { Random } from "../../platform/random.js";
import { createProjectDeletion } from "../projects/delete-project.js";
import {
  deleteEndedKeys,
  deleteInvitations,
  deleteMemberships,
  deleteUser,
  findTies,
  holdUser,
  nextProject,
  PART,
  type Account,
  type Ties,
} from "./account-statements.js";
import type { By } from "./by.js";

/** A user with all that goes, or has gone, with the user. */
export type DeletedAccount = { readonly isDeleted: boolean; readonly account: Account; readonly ties: Ties };

type Find = (id: string, by: By) => Promise<Account>;

type Dependencies = {
  readonly query: Query;
  readonly transaction: Transaction;
  readonly changeCredentials: ChangeCredentials;
  readonly clock: Clock;
  readonly random: Random;
  readonly find: Find;
  readonly lock: Find;
};

type Gone = { readonly projectCount: number; readonly sessionCount: number; readonly storedBytes: bigint };

/**
 * Deletes users. The user is locked first, so that nothing new comes; then the projects go one by one and in parts, each for good,
 * so that no statement takes long; the row of the user goes last. A deletion that was broken off leaves a locked user, and who
 * repeats it goes on with what is left.
 */
export function createAccountDeletion({ find, lock, ...dependencies }: Dependencies) {
  const { query, clock, random } = dependencies;
  const deleteProject = createProjectDeletion(dependencies);
  const deleteRow = createRowDeletion(dependencies);

  async function deleteProjects(account: Account, { actor, deadline }: By): Promise<Gone> {
    const { id, email } = account;
    const parts = { entryId: random.uuid(), at: clock.now(), ownerId: id, projectId: null, details: { userId: id, email } };
    let gone: Gone = { projectCount: 0, sessionCount: 0, storedBytes: 0n };
    for (;;) {
      const [project] = await query<{ key: bigint; sessionCount: number }>(nextProject({ id }), deadline);
      if (project === undefined) return gone;
      const deleted = await deleteProject(project, { actor, parts, isWithUser: true, deadline });
      if (deleted !== undefined) gone = add(gone, { projectCount: 1, sessionCount: deleted.sessions, storedBytes: deleted.bytes });
    }
  }

  async function deleteInParts(statement: StatementTemplate, { account, by }: { account: Account; by: By }): Promise<void> {
    const { id } = account;
    for (let deleted = PART; deleted === PART;) {
      const [part] = await query<{ deleted: number }>(statement({ id, now: clock.now(), ...toActorValues(by.actor) }), by.deadline);
      deleted = part?.deleted ?? 0;
    }
  }

  /** Answers what would go. @throws NOT_FOUND */
  async function tell(id: string, by: By): Promise<DeletedAccount> {
    const account = await find(id, by);
    const [ties] = await query<Ties>(findTies({ id, now: clock.now() }), by.deadline);
    return { isDeleted: false, account, ties: ties ?? { sharedProjectCount: 0, membershipCount: 0, invitationCount: 0 } };
  }

  return {
    tell,

    /** Deletes a user, and answers what has gone. @throws NOT_FOUND; CONFLICT as `lock`, or if the user was unlocked meanwhile */
    async remove(id: string, by: By): Promise<DeletedAccount> {
      await lock(id, by);
      const { account, ties } = await tell(id, by);
      let gone = await deleteProjects(account, by);
      for (const statement of [deleteEndedKeys, deleteMemberships, deleteInvitations]) await deleteInParts(statement, { account, by });
      const toDeleted = (): DeletedAccount => ({ isDeleted: true, account: { ...account, ...gone }, ties });
      // A request that was let in before the lock may have made a project since.
      while (!(await deleteRow(toDeleted(), by))) gone = add(gone, await deleteProjects(account, by));
      return toDeleted();
    },
  };
}

type RowDeletion = Pick<Dependencies, "changeCredentials" | "clock">;

/** Returns a function that deletes the row of a user with what still refers to it. It returns false if there are projects still. */
function createRowDeletion({ changeCredentials, clock }: RowDeletion) {
  return ({ account, ties }: DeletedAccount, { actor, deadline }: By): Promise<boolean> =>
    changeCredentials(
      account.id,
      async (run) => {
        const { id, email, projectCount, sessionCount, storedBytes, keyCount, deviceCount } = account;
        const [held] = await run<{ lockedAt: Date | null }>(holdUser({ id }));
        if (held === undefined) throw noUser(id);
        if (held.lockedAt === null) {
          throw new AppError("RESOURCE_CONFLICT", { message: "The user was unlocked while it was being deleted", details: { userId: id } });
        }
        if ((await run(nextProject({ id }))).length > 0) return false;
        await run(deleteUser({ id }));
        const content = { projects: projectCount, sessions: sessionCount, storedBytes: Number(storedBytes) };
        const access = { keys: keyCount, devices: deviceCount, memberships: ties.membershipCount, invitations: ties.invitationCount };
        const details = { userId: id, email, ...content, ...access };
        await recordAction(run, { at: clock.now(), action: "USER_DELETED", actor, ownerId: id, details });
        return true;
      },
      deadline,
    );
}

export function noUser(userId: string): AppError {
  return new AppError("RESOURCE_NOT_FOUND", { message: "User not found", details: { userId } });
}

function add(a: Gone, b: Gone): Gone {
  return {
    projectCount: a.projectCount + b.projectCount,
    sessionCount: a.sessionCount + b.sessionCount,
    storedBytes: a.storedBytes + b.storedBytes,
  };
}
