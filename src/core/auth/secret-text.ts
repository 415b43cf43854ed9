import { hash } from "node:crypto";
import { randomText, type Random } from "../../platform/random.js";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** What the text of a secret begins with, so that people and scanners see what leaked. */
const PREFIXES = { apiKey: "bks_live_", refreshToken: "bks_refresh_", accessToken: "bks_access_" } as const;

/** A new secret, its prefix and 43 letters and digits: 256 bits of chance, and no character that a double click stops at. */
export function createSecretText(kind: keyof typeof PREFIXES, random: Random): string {
  return `${PREFIXES[kind]}${randomText(random, ALPHABET, 43)}`;
}

/**
 * What is stored instead of a secret. A plain SHA-256 suffices where the secret is long and random: there is
 * nothing to guess, so a slow hash would only slow every request.
 */
export function hashSecret(text: string): string {
  return hash("sha256", text, "hex");
}
