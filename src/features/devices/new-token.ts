import { createSecretText } from "../../core/auth/secret-text.js";
import type { Random } from "../../platform/random.js";

/** A token with its text, which is not stored and is known only now. */
export type NewToken = { readonly text: string; readonly createdAt: Date; readonly expiresAt: Date };

type TokenOptions = { readonly random: Random; readonly createdAt: Date; readonly lifetimeMs: number };

export function createToken(kind: "refreshToken" | "accessToken", { random, createdAt, lifetimeMs }: TokenOptions): NewToken {
  return { text: createSecretText(kind, random), createdAt, expiresAt: new Date(createdAt.getTime() + lifetimeMs) };
}
