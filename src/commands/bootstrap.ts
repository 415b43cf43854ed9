import { allScopes } from "../core/auth/scopes.js";
import { AppError } from "../core/errors/app-error.js";
import type { Services } from "../features/services.js";

const FIRST_USER = "owner@backstory.local";

/** Makes a user and a key with every scope on the first start, and returns the key's text. Returns null on later starts. */
export async function bootstrap({ users, apiKeys }: Services, givenKey: string | undefined): Promise<string | null> {
  if (await users.areThereAny()) return null;
  // Several processes may start at once on one database: one makes the user, and the others find it.
  const user = await users.create(FIRST_USER).catch((error: unknown) => {
    if (error instanceof AppError && error.reason === "RESOURCE_CONFLICT") return null;
    throw error;
  });
  if (user === null) return null;
  const { text } = await apiKeys.create({ userId: user.id, name: "First key", scopes: allScopes, text: givenKey });
  return text;
}

/** Returns the lines that show the first key. There are none if no key was made, or if the person chose it. */
export function announceFirstKey(firstKey: string | null, givenKey: string | undefined): string[] {
  if (firstKey === null || givenKey !== undefined) return [];
  return ["", `Your API key: ${firstKey}`, "It is shown this once and has every scope. Keep it."];
}

/** Returns what to tell a person who chose a first key for a database that has other keys: it does not become one of them. */
export async function announceUnusedKey({ apiKeys }: Services, givenKey: string | undefined): Promise<string[]> {
  if (givenKey === undefined || !(await apiKeys.isReplaced(givenKey))) return [];
  return [
    "BOOTSTRAP_API_KEY is no key that works here: it only becomes the first key of a new database.",
    "Make another key with the mutation createApiKey, or with: backstory key create",
  ];
}
