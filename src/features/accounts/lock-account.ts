import { recordAction } from "../../core/audit/record.js";
import type { ChangeCredentials } from "../../core/auth/credential-changes.js";
import { untilTrustEnds } from "../../core/auth/trust.js";
import { AppError } from "../../core/errors/app-error.js";
import type { Clock } from "../../platform/clock.js";
import { isLastAdmin, lockAdmins, lockUser, unlockUser, type Account } from "./account-statements.js";
import type { By } from "./by.js";

type Dependencies = {
  readonly changeCredentials: ChangeCredentials;
  readonly clock: Clock;
  readonly find: (id: string, by: By) => Promise<Account>;
};

/** Locks and unlocks users. */
export function createAccountLocks({ changeCredentials, clock, find }: Dependencies) {
  /** Locks a user, who may be locked already. When it resolves, none of the user's keys works on any instance of the server. */
  async function lock(id: string, by: By): Promise<Account> {
    await changeCredentials(
      id,
      async (run) => {
        const at = clock.now();
        await run(lockAdmins());
        if ((await run(isLastAdmin(id, at))).length > 0) throw lastAdmin(id);
        const [locked] = await run<{ email: string }>(lockUser({ id, now: at }));
        if (locked === undefined) return;
        await recordAction(run, { at, action: "USER_LOCKED", actor: by.actor, ownerId: id, details: { userId: id, email: locked.email } });
      },
      by.deadline,
    );
    await untilTrustEnds(clock);
    return find(id, by);
  }

  /** Gives a user the keys and devices back that did not end meanwhile. */
  async function unlock(id: string, by: By): Promise<Account> {
    await changeCredentials(
      id,
      async (run) => {
        const at = clock.now();
        const [unlocked] = await run<{ email: string }>(unlockUser({ id }));
        if (unlocked === undefined) return;
        const details = { userId: id, email: unlocked.email };
        await recordAction(run, { at, action: "USER_UNLOCKED", actor: by.actor, ownerId: id, details });
      },
      by.deadline,
    );
    return find(id, by);
  }

  return { lock, unlock };
}

export function lastAdmin(userId: string): AppError {
  const message = "No other user has a working key with the scope admin; make one first";
  return new AppError("RESOURCE_CONFLICT", { message, details: { userId } });
}
