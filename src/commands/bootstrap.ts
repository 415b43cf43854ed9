import { allScopes } from "../auth/scopes.js";
import type { Services } from "../services.js";

const FIRST_USER = "owner@backstory.local";

/** On the first start makes a user and a key with every scope, and returns the key's text; null on every later one. */
export async function bootstrap({ users, apiKeys }: Services, givenKey: string | undefined): Promise<string | null> {
  const known = await users.list();
  if (known.length > 0) return null;
  const user = await users.create(FIRST_USER);
  const { text } = await apiKeys.create({ userId: user.id, name: "First key", scopes: allScopes, text: givenKey });
  return text;
}
