import { allScopes } from "../core/auth/scopes.js";
import { AppError } from "../core/errors/app-error.js";
import type { Services } from "../features/services.js";

const FIRST_USER = "owner@backstory.local";

/** On the first start makes a user and a key with every scope, and returns the key's text; null on every later one. */
export async function bootstrap({ users, apiKeys }: Services, givenKey: string | undefined): Promise<string | null> {
  if (await users.areThereAny()) return null;
  // Of several processes that start at once on one database, one makes the user and the others find it there.
  const user = await users.create(FIRST_USER).catch((error: unknown) => {
    if (error instanceof AppError && error.reason === "RESOURCE_CONFLICT") return null;
    throw error;
  });
  if (user === null) return null;
  const { text } = await apiKeys.create({ userId: user.id, name: "First key", scopes: allScopes, text: givenKey });
  return text;
}

/** What a person is told of the first key; nothing where there is none to show, or the person chose it. */
export function announceFirstKey(firstKey: string | null, givenKey: string | undefined): string[] {
  if (firstKey === null || givenKey !== undefined) return [];
  return ["", `Your API key: ${firstKey}`, "It is shown this once and has every scope. Keep it."];
}
