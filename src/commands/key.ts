import type { Command } from "commander";
import { z } from "zod";
import { createApiKeyInput, scopeText } from "../features/api-keys/input.js";
import { allScopes } from "../core/auth/scopes.js";
import { parseInput } from "../core/errors/parse-input.js";
import type { ApiKey } from "../db/generated/prisma/client.js";
import { systemClock } from "../platform/clock.js";
import { MOST_ITEMS, pagesOf } from "../platform/paging.js";
import { CommandError, withServices, type CommandContext } from "./context.js";
import { findUser } from "./user.js";

type CreateOptions = { user?: string; name: string; scopes?: string; expires?: string; rateLimit?: string };

export function addKey(program: Command, context: CommandContext): void {
  const key = program.command("key").description("API keys");
  key
    .command("create")
    .description("make a key, and print its text alone")
    .option("--user <email>", "the user it acts for; the only user if absent")
    .option("--name <name>", "what it is for", "Command line")
    .option("--scopes <list>", `what it may do, separated by commas: ${allScopes.join(",")}; all if absent`)
    .option("--expires <time>", "when it stops working, like 2030-01-31T00:00:00Z")
    .option("--rate-limit <limit>", "a limit of its own, like 500/1h")
    .action((options: CreateOptions) => create(context, options));
  key
    .command("list")
    .description("list the keys and signed-in devices of a user")
    .option("--user <email>", "the user; the only user if absent")
    .action((options: { user?: string }) => list(context, options.user));
  key
    .command("revoke")
    .argument("<id>", "the id of the key, as key list shows it")
    .description("make a key, and all that it made, stop working at once")
    .action((id: string) => revoke(context, id));
}

async function create(context: CommandContext, { user, scopes, expires, ...options }: CreateOptions): Promise<void> {
  const input = parseInput(createApiKeyInput, {
    ...options,
    scopes: scopes === undefined ? allScopes : scopes.split(",").map((scope) => parseInput(scopeText, scope.trim(), ["--scopes"])),
    expiresAt: expires === undefined ? undefined : parseInput(z.coerce.date("must be a time"), expires, ["--expires"]),
  });
  if (input.expiresAt != null && input.expiresAt <= systemClock.now()) throw new CommandError("--expires: must be in the future");
  await withServices(context, async ({ services }) => {
    const { id } = await findUser(services, user);
    const { text } = await services.apiKeys.create({ ...input, userId: id });
    context.out(text);
  });
}

async function list(context: CommandContext, email: string | undefined): Promise<void> {
  await withServices(context, async ({ services }) => {
    const user = await findUser(services, email);
    let listed = 0;
    for await (const keys of pagesOf(MOST_ITEMS, () => services.apiKeys.list(user.id, { limit: MOST_ITEMS, offset: listed }))) {
      for (const key of keys) context.out(describe(key));
      listed += keys.length;
    }
  });
}

function describe({ id, kind, name, scopes, createdAt, expiresAt, revokedAt, parentId }: ApiKey): string {
  const state =
    revokedAt !== null ? `revoked ${revokedAt.toISOString()}` : expiresAt !== null ? `expires ${expiresAt.toISOString()}` : "active";
  const facts = [id, kind === "DEVICE" ? `${name} (device)` : name, scopes.join(","), createdAt.toISOString(), state];
  return [...facts, ...(parentId === null ? [] : [`made by ${parentId}`])].join("\t");
}

async function revoke(context: CommandContext, id: string): Promise<void> {
  const keyId = parseInput(z.guid("must be a UUID, as key list shows it"), id, ["id"]);
  await withServices(context, async ({ services }) => {
    const known = await services.apiKeys.exists(keyId);
    if (!known) throw new CommandError(`There is no key ${keyId}`);
    await services.apiKeys.revoke(keyId);
    context.out(`revoked ${keyId}`);
  });
}
