import type { Command } from "commander";
import type { Principal } from "../core/auth/principal.js";
import { allScopes } from "../core/auth/scopes.js";
import { parseInput } from "../core/errors/parse-input.js";
import { createUserInput } from "../features/users/input.js";
import { CommandError, withServices, type CommandContext } from "./context.js";
import type { User } from "../db/generated/prisma/client.js";
import type { Account, DeletedAccount } from "../features/accounts/service.js";
import type { Services } from "../features/services.js";
import { MOST_ITEMS, pagesOf } from "../platform/paging.js";

export function addUser(program: Command, context: CommandContext): void {
  const user = program.command("user").description("users");
  user
    .command("create")
    .argument("<email>", "the e-mail address of the new user")
    .description("make a user, and print the id")
    .action((email: string) =>
      withServices(context, async ({ services }) => {
        const created = await services.users.create(parseInput(createUserInput, { email }).email);
        context.out(created.id);
      }),
    );
  user
    .command("list")
    .description("list the users")
    .action(() =>
      withServices(context, async ({ services: { accounts } }) => {
        let listed = 0;
        for await (const page of pagesOf(MOST_ITEMS, () => accounts.list({ limit: MOST_ITEMS, offset: listed }))) {
          for (const account of page) context.out(describe(account));
          listed += page.length;
        }
      }),
    );
  addAccountCommands(user, context);
}

function addAccountCommands(user: Command, context: CommandContext): void {
  user
    .command("lock")
    .argument("<email>", "the e-mail address of the user")
    .description("make all keys and devices of a user stop working at once")
    .action((email: string) =>
      withServices(context, async ({ services }) => {
        const { id } = await findUser(services, email);
        await services.accounts.lock(id);
        context.out(`locked ${id}`);
      }),
    );
  user
    .command("unlock")
    .argument("<email>", "the e-mail address of the user")
    .description("let the keys and devices of a user work again")
    .action((email: string) =>
      withServices(context, async ({ services }) => {
        const { id } = await findUser(services, email);
        await services.accounts.unlock(id);
        context.out(`unlocked ${id}`);
      }),
    );
  user
    .command("delete")
    .argument("<email>", "the e-mail address of the user")
    .description("show what a user has; with --yes, delete the user with all of it")
    .option("--yes", "delete it for good")
    .action((email: string, { yes }: { yes?: true }) => deleteUser(context, email, yes === true));
}

async function deleteUser(context: CommandContext, email: string, isConfirmed: boolean): Promise<void> {
  await withServices(context, async ({ services }) => {
    const { id } = await findUser(services, email);
    if (isConfirmed) {
      context.out(`deleted ${email}: ${summarize(await services.accounts.remove(id))}`);
      return;
    }
    context.out(`${email} has ${summarize(await services.accounts.foretell(id))}`);
    throw new CommandError(`Nothing was deleted. To delete all of this for good: backstory user delete ${email} --yes`);
  });
}

function describe({ id, email, createdAt, lockedAt, projectCount, sessionCount, storedBytes }: Account): string {
  const state = lockedAt === null ? "active" : `locked ${lockedAt.toISOString()}`;
  const content = [`${projectCount} projects`, `${sessionCount} sessions`, `${storedBytes} bytes`];
  return [id, email, createdAt.toISOString(), state, ...content].join("\t");
}

function summarize({ account, ties }: DeletedAccount): string {
  return [
    `${account.projectCount} projects (${ties.sharedProjectCount} shared with others)`,
    `${account.sessionCount} sessions`,
    `${account.storedBytes} bytes`,
    `${account.keyCount} keys`,
    `${account.deviceCount} devices`,
    `${ties.membershipCount} memberships`,
    `${ties.invitationCount} invitations`,
  ].join(", ");
}

/** Lets the person at the command line act as the user with every scope: they can open the database, so they can do anything. */
export function toPrincipal({ id }: User): Principal {
  const key = { keyId: "command-line", budgetId: "command-line", kind: "API_KEY" } as const;
  return { userId: id, ...key, scopes: new Set(allScopes), expiresAt: null, rateLimit: null };
}

/** Returns a user who is not locked. @throws CommandError for another, since nobody acts for a locked user */
export function requireUnlocked(user: User): User {
  if (user.lockedAt === null) return user;
  throw new CommandError(`The user ${user.email} is locked; unlock it with: backstory user unlock ${user.email}`);
}

/** Finds the user with the address, or the only user if no address is given. @throws CommandError that says what to do */
export async function findUser({ users }: Services, email: string | undefined): Promise<User> {
  if (email !== undefined) {
    const found = await users.findByEmail(email.toLowerCase());
    if (found === null) throw new CommandError(`There is no user ${email}; make one with: backstory user create ${email}`);
    return found;
  }
  const [only, another] = await users.list();
  if (only === undefined) throw new CommandError("There is no user yet; make one with: backstory user create EMAIL");
  if (another !== undefined) throw new CommandError("There are several users; name one with --user EMAIL");
  return only;
}
