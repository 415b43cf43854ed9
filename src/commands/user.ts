import type { Command } from "commander";
import type { Principal } from "../core/auth/principal.js";
import { allScopes } from "../core/auth/scopes.js";
import { parseInput } from "../core/errors/parse-input.js";
import { createUserInput } from "../features/users/input.js";
import { CommandError, withServices, type CommandContext } from "./context.js";
import type { User } from "../db/generated/prisma/client.js";
import type { Services } from "../features/services.js";

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
      withServices(context, async ({ services }) => {
        for (const { id, email, createdAt } of await services.users.list()) context.out([id, email, createdAt.toISOString()].join("\t"));
      }),
    );
}

/** Lets the person at the command line act as the user with every scope: they can open the database, so they can do anything. */
export function toPrincipal({ id }: User): Principal {
  const key = { keyId: "command-line", budgetId: "command-line", kind: "API_KEY" } as const;
  return { userId: id, ...key, scopes: new Set(allScopes), expiresAt: null, rateLimit: null };
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
