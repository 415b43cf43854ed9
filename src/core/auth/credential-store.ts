import type { Query } from "../../db/engine.js";
import type { FindCredentials, StoredCredential } from "./authenticate.js";

/** A device shares the budgets of the key that made it, and has its own if none did. */
const BUDGET = `CASE WHEN k."kind" = 'DEVICE' THEN COALESCE(k."parentId", k."id") ELSE k."id" END AS "budgetId"`;

const FIND = `
  SELECT "hash", "kind"::text AS "kind", k."id", ${BUDGET}, "userId", "scopes", "rateLimit", "expiresAt", "lastUsedAt", "revokedAt", "lockedAt" FROM "ApiKey" k JOIN "User" u ON u."id" = k."userId" WHERE "hash" = ANY($1)
  UNION ALL
  SELECT t."hash", 'ACCESS_TOKEN', k."id", ${BUDGET}, k."userId", k."scopes", k."rateLimit", LEAST(t."expiresAt", k."expiresAt"), k."lastUsedAt", k."revokedAt", u."lockedAt"
  FROM "AccessToken" t JOIN "ApiKey" k ON k."id" = t."apiKeyId" JOIN "User" u ON u."id" = k."userId" WHERE t."hash" = ANY($1)`;

/** Finds what is stored of several keys and tokens at once, by the hashes of their texts. */
export function createCredentialStore(query: Query): FindCredentials {
  return async (hashes) => {
    const rows = await query<StoredCredential & { hash: string }>({ text: FIND, values: [hashes] });
    return new Map(rows.map((row) => [row.hash, row]));
  };
}
