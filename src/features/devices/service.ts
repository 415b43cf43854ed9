import { unauthenticated } from "../../core/auth/bearer-token.js";
import type { Principal } from "../../core/auth/principal.js";
import type { Scope } from "../../core/auth/scopes.js";
import { createSecretText, hashSecret } from "../../core/auth/secret-text.js";
import type { PrismaClient } from "../../db/generated/prisma/client.js";
import type { Clock } from "../../platform/clock.js";
import { randomText, type Random } from "../../platform/random.js";

export type DeviceCode = { readonly code: string; readonly expiresAt: Date };

/** A token with its text, which is known at this moment only. */
export type NewToken = { readonly text: string; readonly createdAt: Date; readonly expiresAt: Date };

type Dependencies = { readonly prisma: PrismaClient; readonly clock: Clock; readonly random: Random };

const CODE_LIFETIME_MS = 10 * 60_000;
const REFRESH_LIFETIME_MS = 365 * 86_400_000;
const ACCESS_LIFETIME_MS = 3_600_000;

/** Without the letters and digits that are mistaken for one another on a screen. */
const ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/** As long as a code is with whatever a person may put between its letters. What is longer is no code, and no pattern reads it. */
const LONGEST_CODE = 50;

/** How a command-line client signs in: a code, which it exchanges for a refresh token, which it exchanges for access tokens. */
export function createDeviceService({ prisma, clock, random }: Dependencies) {
  async function createFor(userId: string, scopes: Iterable<Scope>, apiKeyId: string | null = null): Promise<DeviceCode> {
    const createdAt = clock.now();
    const expiresAt = new Date(createdAt.getTime() + CODE_LIFETIME_MS);
    const code = { userId, apiKeyId, scopes: [...scopes].filter((scope) => scope !== "admin"), createdAt, expiresAt };
    await prisma.deviceCode.deleteMany({ where: { expiresAt: { lte: createdAt } } });
    // Six characters are few: one that is in use already is not given twice.
    for (;;) {
      const text = randomText(random, ALPHABET, 6);
      const { count } = await prisma.deviceCode.createMany({ data: [{ ...code, hash: hashSecret(text) }], skipDuplicates: true });
      if (count === 1) return { code: text, expiresAt };
    }
  }

  return {
    createFor,
    /** A code whose tokens will have the scopes of the key that made it, less `admin`. */
    createAs: (principal: Principal): Promise<DeviceCode> => createFor(principal.userId, principal.scopes, principal.keyId),

    /**
     * Exchanges a code, which works once, for a refresh token. Lower case and dashes are forgiven.
     * @throws UNAUTHENTICATED / INVALID_CREDENTIALS for a code that is unknown, used or expired
     */
    async signIn(code: string, deviceName: string): Promise<NewToken & { readonly email: string }> {
      const now = clock.now();
      const token = createToken("refreshToken", now, REFRESH_LIFETIME_MS);
      const hash = hashSecret(code.length > LONGEST_CODE ? code : code.replaceAll(/[\s-]/g, "").toUpperCase());
      const [signedIn] = await prisma.$queryRaw<{ email: string; expiresAt: Date }[]>`
        WITH code AS (
          UPDATE "DeviceCode" SET "usedAt" = ${now} WHERE "hash" = ${hash} AND "usedAt" IS NULL AND "expiresAt" > ${now} RETURNING "userId", "scopes", "apiKeyId"
        ), allowed AS (
          SELECT c."userId", c."scopes", k."rateLimit", LEAST(${token.expiresAt}::timestamptz, k."expiresAt") AS "expiresAt" FROM code c
          LEFT JOIN "ApiKey" k ON k."id" = c."apiKeyId" WHERE k."revokedAt" IS NULL AND (k."expiresAt" IS NULL OR k."expiresAt" > ${now})
        ), made AS (
          INSERT INTO "ApiKey" ("id", "userId", "kind", "name", "hash", "scopes", "rateLimit", "createdAt", "expiresAt")
          SELECT ${random.uuid()}::uuid, "userId", 'DEVICE', ${deviceName}, ${hashSecret(token.text)}, "scopes", "rateLimit", ${now}, "expiresAt" FROM allowed
          RETURNING "userId", "expiresAt"
        ) SELECT u."email", made."expiresAt" FROM made JOIN "User" u ON u."id" = made."userId"`;
      if (signedIn === undefined) throw unauthenticated("INVALID_CREDENTIALS", "Invalid or expired device code");
      return { ...token, ...signedIn };
    },

    /** An access token of a device, or of an API key, which ends no later than that does. */
    async refresh({ keyId, expiresAt }: Principal): Promise<NewToken> {
      const now = clock.now();
      const token = createToken("accessToken", now, ACCESS_LIFETIME_MS);
      const end = expiresAt !== null && expiresAt < token.expiresAt ? expiresAt : token.expiresAt;
      await prisma.accessToken.deleteMany({ where: { expiresAt: { lte: now } } });
      await prisma.accessToken.create({ data: { hash: hashSecret(token.text), apiKeyId: keyId, createdAt: now, expiresAt: end } });
      return { ...token, expiresAt: end };
    },

    /** Ends a device's refresh token with all of its access tokens; of an API key, which stays, only these. */
    async signOut({ keyId, kind }: Principal): Promise<void> {
      if (kind === "DEVICE") await prisma.apiKey.updateMany({ where: { id: keyId, revokedAt: null }, data: { revokedAt: clock.now() } });
      await prisma.accessToken.deleteMany({ where: { apiKeyId: keyId } });
    },
  };

  function createToken(kind: "refreshToken" | "accessToken", createdAt: Date, lifetimeMs: number): NewToken {
    return { text: createSecretText(kind, random), createdAt, expiresAt: new Date(createdAt.getTime() + lifetimeMs) };
  }
}
