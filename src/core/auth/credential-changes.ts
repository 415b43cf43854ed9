import { Prisma } from "../../db/generated/prisma/client.js";
import type { Query, Transaction } from "../../db/engine.js";
import type { Deadline } from "../../platform/deadline.js";
import { AppError } from "../errors/app-error.js";
import { unauthenticated } from "./bearer-token.js";

/** Makes or ends credentials of a user, in one transaction. */
export type ChangeCredentials = <T>(userId: string, change: (query: Query) => Promise<T>, deadline?: Deadline) => Promise<T>;

/** Advisory locks of PostgreSQL are numbers; this seed keeps those of users apart from others. */
const LOCK_SEED = 1_127;

/**
 * Makes changes to the credentials of one user follow each other, on all instances. So nobody gets more of them than allowed, and
 * a key that is being revoked gets no child meanwhile. The row of the user is no good as the lock: each upload locks it too.
 */
export function createCredentialChanges(transaction: Transaction): ChangeCredentials {
  return (userId, change, deadline) =>
    transaction(async (query) => {
      await query(Prisma.sql`SELECT 1 AS "locked" FROM pg_advisory_xact_lock(hashtextextended(${userId}::text, ${LOCK_SEED}::bigint))`);
      return change(query); // its statements see what the change before it has written
    }, deadline);
}

/** The condition that a row of "ApiKey" works at a time, which is a value or SQL. */
export function isLive(now: Date | Prisma.Sql): Prisma.Sql {
  return Prisma.sql`"revokedAt" IS NULL AND ("expiresAt" IS NULL OR "expiresAt" > ${now})`;
}

/** What its children inherit of a key. */
export type Parent = { readonly id: string; readonly expiresAt: Date | null; readonly rateLimit: string | null };

/**
 * Reads a key that makes a credential.
 * @throws UNAUTHENTICATED if it has ended (INVALID_TOKEN) or its user was locked (ACCOUNT_LOCKED) since its request was let in
 */
export async function requireParent(query: Query, keyId: string, now: Date): Promise<Parent> {
  const statement = Prisma.sql`SELECT k."id", "expiresAt", "rateLimit", "lockedAt" IS NOT NULL AS "isLocked"
    FROM "ApiKey" k JOIN "User" u ON u."id" = k."userId" WHERE k."id" = ${keyId}::uuid AND ${isLive(now)}`;
  const [found] = await query<Parent & { isLocked: boolean }>(statement);
  if (found === undefined) throw unauthenticated("INVALID_TOKEN");
  const { isLocked, ...parent } = found;
  if (isLocked) throw unauthenticated("ACCOUNT_LOCKED");
  return parent;
}

/** Ends a key with all that it made, directly or not, and returns how many ended. What has ended before keeps its time. */
export async function endKey(query: Query, keyId: string, now: Date): Promise<number> {
  const statement = Prisma.sql`
    WITH RECURSIVE ended AS (
      SELECT "id" FROM "ApiKey" WHERE "id" = ${keyId}::uuid
      UNION SELECT k."id" FROM "ApiKey" k JOIN ended e ON k."parentId" = e."id"
    ), revoked AS (
      UPDATE "ApiKey" SET "revokedAt" = ${now} WHERE "id" IN (SELECT "id" FROM ended) AND "revokedAt" IS NULL RETURNING 1
    ) SELECT count(*)::int AS "count" FROM revoked`;
  const [revoked] = await query<{ count: number }>(statement);
  return revoked?.count ?? 0;
}

/** How many of something there may be, and the setting that says so, if one does. */
export type Cap = { readonly most: number; readonly setting?: string };

/** @throws QUOTA_EXCEEDED if there are as many already as allowed */
export function requireRoom(count: number, { most, setting }: Cap, what: string): void {
  if (count < most) return;
  const source = setting === undefined ? "" : ` (${setting})`;
  throw new AppError("QUOTA_EXCEEDED", { message: `${what}, ${most}${source}`, details: { limit: most, setting } });
}
