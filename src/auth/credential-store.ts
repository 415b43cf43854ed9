import type { BareQuery } from "../db/engine.js";
import type { StoredCredential } from "./authenticate.js";

const FIND = `SELECT "id", "userId", "hash", "scopes", "rateLimit", "expiresAt", "lastUsedAt", "revokedAt" FROM "ApiKey" WHERE "hash" = ANY($1)`;

/** Finds what is stored of several keys at once, by the hashes of their texts. */
export function createCredentialStore(query: BareQuery) {
  return async (hashes: readonly string[]): Promise<ReadonlyMap<string, StoredCredential>> => {
    const rows = (await query(FIND, [hashes])) as readonly (StoredCredential & { hash: string })[]; // the columns selected above
    return new Map(rows.map((row) => [row.hash, row]));
  };
}
