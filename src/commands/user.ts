import type { Command } from "commander";
import { parseInput } from "../errors/parse-input.js";
import { createUserInput } from "../users/input.js";
import { CommandError, withServices, type CommandContext } from "./context.js";
import type { User } from "../db/generated/prisma/client.js";
import type { Services } from "../services.js";

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

/** The user with the address, or without one the only user there is. @throws CommandError that says what to do */
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
