import { insertEntries } from "../../core/audit/record.js";
import { unauthenticated } from "../../core/auth/bearer-token.js";
import { isLive, requireRoom, type Cap, type ChangeCredentials } from "../../core/auth/credential-changes.js";
import { hashSecret } from "../../core/auth/secret-text.js";
import type { Query } from "../../db/engine.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import type { Clock } from "../../platform/clock.js";
import type { Random } from "../../platform/random.js";
import { createToken, type NewToken } from "./new-token.js";

type Dependencies = {
  readonly query: Query;
  readonly changeCredentials: ChangeCredentials;
  readonly clock: Clock;
  readonly random: Random;
  /** How many devices that a key let in may work at the same time. */
  readonly devicesPerKey: Cap;
};

const LIFETIME_MS = 365 * 86_400_000;

/** The longest text that is read as a code, with spaces and dashes between its letters. No pattern reads longer texts. */
const LONGEST_CODE = 50;

type SignedIn = NewToken & { readonly email: string };
type NewDevice = { readonly id: string; readonly deviceName: string; readonly hash: string; readonly token: NewToken; readonly now: Date };

/** Uses the code up and makes the device, and counts the others that its key has let in. */
function makeDevice({ id, deviceName, hash, token, now }: NewDevice): Prisma.Sql {
  return Prisma.sql`
    WITH code AS (
      UPDATE "DeviceCode" SET "usedAt" = ${now} WHERE "hash" = ${hash} AND "usedAt" IS NULL AND "expiresAt" > ${now} RETURNING "userId", "scopes", "apiKeyId"
    ), allowed AS (
      SELECT c."userId", c."scopes", c."apiKeyId", k."rateLimit", LEAST(${token.expiresAt}::timestamptz, k."expiresAt") AS "expiresAt" FROM code c
      LEFT JOIN "ApiKey" k ON k."id" = c."apiKeyId" WHERE k."revokedAt" IS NULL AND (k."expiresAt" IS NULL OR k."expiresAt" > ${now})
    ), made AS (
      INSERT INTO "ApiKey" ("id", "userId", "kind", "name", "hash", "scopes", "rateLimit", "createdAt", "expiresAt", "parentId")
      SELECT ${id}::uuid, "userId", 'DEVICE', ${deviceName}, ${hashSecret(token.text)}, "scopes", "rateLimit", ${now}, "expiresAt", "apiKeyId" FROM allowed
      RETURNING "userId", "expiresAt", "parentId"
    ), recorded AS (${insertEntries({
      from: Prisma.sql`made`,
      at: Prisma.sql`${now}`,
      action: Prisma.sql`'DEVICE_SIGNED_IN'`,
      actor: { actorId: Prisma.sql`made."userId"`, actorKeyId: Prisma.sql`made."parentId"` },
      ownerId: Prisma.sql`made."userId"`,
      details: Prisma.sql`jsonb_build_object('apiKeyId', ${id}::text)`,
    })}) SELECT u."email", m."expiresAt",
      (SELECT count(*)::int FROM "ApiKey" d WHERE d."parentId" = m."parentId" AND d."kind" = 'DEVICE' AND ${isLive(now)}) AS "devices"
    FROM made m JOIN "User" u ON u."id" = m."userId"`;
}

/** Signs devices in with the codes that were made for them. */
export function createSignIn({ query, changeCredentials, clock, random, devicesPerKey }: Dependencies) {
  return {
    /**
     * Exchanges a code, which works once, for a refresh token. Lower case and dashes are accepted. The device is a child of the
     * key that made the code, if one did.
     * @throws UNAUTHENTICATED / INVALID_CREDENTIALS for a code that is unknown, used or expired, or whose key has ended;
     *   ACCOUNT_LOCKED or QUOTA_EXCEEDED, and then the code can be used again
     */
    async signIn(code: string, deviceName: string): Promise<SignedIn> {
      const hash = hashSecret(code.length > LONGEST_CODE ? code : code.replaceAll(/[\s-]/g, "").toUpperCase());
      const [owner] = await query<{ userId: string }>(Prisma.sql`SELECT "userId" FROM "DeviceCode" WHERE "hash" = ${hash}`);
      if (owner === undefined) throw wrongCode();
      const { userId } = owner;
      return changeCredentials(userId, async (run) => {
        const now = clock.now();
        const [locked] = await run(Prisma.sql`SELECT 1 FROM "User" WHERE "id" = ${userId}::uuid AND "lockedAt" IS NOT NULL`);
        const token = createToken("refreshToken", { random, createdAt: now, lifetimeMs: LIFETIME_MS });
        const id = random.uuid();
        const [signedIn] = await run<{ email: string; expiresAt: Date; devices: number }>(makeDevice({ id, deviceName, hash, token, now }));
        if (signedIn === undefined) throw wrongCode();
        if (locked !== undefined) throw unauthenticated("ACCOUNT_LOCKED"); // the code is not used up by that
        const { devices, ...device } = signedIn;
        requireRoom(devices, devicesPerKey, "The API key has let in as many devices as allowed");
        return { ...token, ...device };
      });
    },
  };
}

const wrongCode = () => unauthenticated("INVALID_CREDENTIALS", "Invalid or expired device code");
