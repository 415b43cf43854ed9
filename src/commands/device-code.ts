import type { Command } from "commander";
import { allScopes } from "../core/auth/scopes.js";
import { withServices, type CommandContext } from "./context.js";
import { findUser, requireUnlocked } from "./user.js";

export function addDeviceCode(program: Command, context: CommandContext): void {
  program
    .command("device-code")
    .description("make a code with which a command-line client signs in within ten minutes, and print it alone")
    .option("--user <email>", "the user it signs in; the only user if absent")
    .action(({ user }: { user?: string }) =>
      withServices(context, async ({ services }) => {
        const { id } = requireUnlocked(await findUser(services, user));
        context.out((await services.devices.createFor({ userId: id, scopes: allScopes })).code);
      }),
    );
}
