import type { ChangeCredentials } from "../../core/auth/credential-changes.js";
import { requireScope, type Principal } from "../../core/auth/principal.js";
import { badInput } from "../../core/errors/bad-input.js";
import type { Query, Transaction } from "../../db/engine.js";
import type { Clock } from "../../platform/clock.js";
import type { Page } from "../../platform/paging.js";
import type { Random } from "../../platform/random.js";
import { findAccount, isLastAdmin, listAccounts, type Account } from "./account-statements.js";
import type { By } from "./by.js";
import { createAccountDeletion, noUser, type DeletedAccount } from "./delete-account.js";
import { createAccountLocks, lastAdmin } from "./lock-account.js";

export type { Account } from "./account-statements.js";
export type { DeletedAccount } from "./delete-account.js";

const COMMAND_LINE: By = { actor: null, deadline: undefined };

type Dependencies = {
  readonly query: Query;
  readonly transaction: Transaction;
  readonly changeCredentials: ChangeCredentials;
  readonly clock: Clock;
  readonly random: Random;
};

/** The accounts of all users, for admins and the command line: lists, locks, unlocks and deletes them. */
export function createAccountService(dependencies: Dependencies) {
  const { query, clock } = dependencies;

  const list = (page: Page, { deadline }: By): Promise<Account[]> => query<Account>(listAccounts({ ...page, now: clock.now() }), deadline);

  async function find(id: string, { deadline }: By): Promise<Account> {
    const [account] = await query<Account>(findAccount({ id, now: clock.now() }), deadline);
    if (account === undefined) throw noUser(id);
    return account;
  }

  const { lock, unlock } = createAccountLocks({ ...dependencies, find });
  const deletion = createAccountDeletion({ ...dependencies, find, lock });

  /** Answers what would go. @throws CONFLICT as the deletion would */
  async function foretell(id: string, by: By): Promise<DeletedAccount> {
    const told = await deletion.tell(id, by);
    if ((await query(isLastAdmin(id, clock.now()), by.deadline)).length > 0) throw lastAdmin(id);
    return told;
  }

  return {
    /** Lists a page of all users, the oldest first. */
    list: (page: Page) => list(page, COMMAND_LINE),
    lock: (id: string) => lock(id, COMMAND_LINE),
    unlock: (id: string) => unlock(id, COMMAND_LINE),
    foretell: (id: string) => foretell(id, COMMAND_LINE),
    remove: (id: string) => deletion.remove(id, COMMAND_LINE),

    async listAs(principal: Principal, page: Page): Promise<Account[]> {
      return list(page, requireAdmin(principal));
    },

    /** @throws CONFLICT if nobody else could act as an admin; INVALID_PARAMETER for the caller's own account */
    async lockAs(principal: Principal, id: string): Promise<Account> {
      const by = requireAdmin(principal);
      requireOther(principal, id);
      return lock(id, by);
    },

    async unlockAs(principal: Principal, id: string): Promise<Account> {
      return unlock(id, requireAdmin(principal));
    },

    /** Deletes a user with everything, or only answers what would go. @throws as `lockAs` */
    async removeAs(principal: Principal, { id, confirm }: { readonly id: string; readonly confirm: boolean }): Promise<DeletedAccount> {
      const by = requireAdmin(principal);
      requireOther(principal, id);
      return confirm ? deletion.remove(id, by) : foretell(id, by);
    },
  };
}

function requireAdmin(principal: Principal): By {
  requireScope(principal, "admin");
  return { actor: principal, deadline: principal.deadline };
}

function requireOther({ userId }: Principal, id: string): void {
  if (userId !== id) return;
  const message = "input.id: must be another user than yourself";
  throw badInput([{ path: ["input", "id"], reason: "INVALID_PARAMETER", message }], 422);
}
