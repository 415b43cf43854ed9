import { unauthenticated } from "../../core/auth/bearer-token.js";
import type { Principal } from "../../core/auth/principal.js";
import type { Scope } from "../../core/auth/scopes.js";
import { createSecretText, hashSecret } from "../../core/auth/secret-text.js";
import { untilTrustEnds } from "../../core/auth/trust.js";
import type { Query } from "../../db/engine.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import type { Clock } from "../../platform/clock.js";
import type { Deadline } from "../../platform/deadline.js";
import { randomText, type Random } from "../../platform/random.js";

export type DeviceCode = { readonly code: string; readonly expiresAt: Date };

/** A token with its text, which is not stored and is known only now. */
export type NewToken = { readonly text: string; readonly createdAt: Date; readonly expiresAt: Date };

/** The user whom a code signs in, and the API key that made the code, if any: its tokens end when that key ends. */
type CodeOwner = {
  readonly userId: string;
  readonly scopes: Iterable<Scope>;
  readonly apiKeyId?: string;
  readonly deadline?: Deadline | undefined;
};

type Dependencies = {
  readonly query: Query;
  readonly clock: Clock;
  readonly random: Random;
};

const CODE_LIFETIME_MS = 10 * 60_000;
const REFRESH_LIFETIME_MS = 365 * 86_400_000;
const ACCESS_LIFETIME_MS = 3_600_000;

/** Letters and digits that cannot be mistaken for one another on a screen. */
const ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/** The longest text that is read as a code, with spaces and dashes between its letters. No pattern reads longer texts. */
const LONGEST_CODE = 50;

/** Signs command-line clients in: a client exchanges a code for a refresh token, and the refresh token for access tokens. */
export function createDeviceService(dependencies: Dependencies) {
  return { ...createDeviceCodes(dependencies), ...createDeviceTokens(dependencies) };
}

function createDeviceCodes({ query, clock, random }: Dependencies) {
  async function createFor({ userId, scopes, apiKeyId, deadline }: CodeOwner): Promise<DeviceCode> {
    const createdAt = clock.now();
    const expiresAt = new Date(createdAt.getTime() + CODE_LIFETIME_MS);
    const granted = [...scopes].filter((scope) => scope !== "admin");
    await query(Prisma.sql`DELETE FROM "DeviceCode" WHERE "expiresAt" <= ${createdAt}`, deadline);
    // Codes have six characters, so that two may be equal. A code that is in use is not given again.
    for (;;) {
      const text = randomText(random, ALPHABET, 6);
      const statement = Prisma.sql`
        INSERT INTO "DeviceCode" ("hash", "userId", "scopes", "createdAt", "expiresAt", "apiKeyId")
        VALUES (${hashSecret(text)}, ${userId}::uuid, ${granted}::text[], ${createdAt}, ${expiresAt}, ${apiKeyId ?? null}::uuid)
        ON CONFLICT DO NOTHING RETURNING "hash"`;
      const made = await query(statement, deadline);
      if (made.length > 0) return { code: text, expiresAt };
    }
  }

  return {
    createFor,

    /** Makes a code. Its tokens will have the scopes of the caller's key, except `admin`. */
    createAs: ({ userId, scopes, keyId, deadline }: Principal): Promise<DeviceCode> =>
      createFor({ userId, scopes, apiKeyId: keyId, deadline }),

    /**
     * Exchanges a code, which works once, for a refresh token. Lower case and dashes are accepted.
     * @throws UNAUTHENTICATED / INVALID_CREDENTIALS for a code that is unknown, used or expired
     */
    async signIn(code: string, deviceName: string): Promise<NewToken & { readonly email: string }> {
      const now = clock.now();
      const token = createToken("refreshToken", { random, createdAt: now, lifetimeMs: REFRESH_LIFETIME_MS });
      const hash = hashSecret(code.length > LONGEST_CODE ? code : code.replaceAll(/[\s-]/g, "").toUpperCase());
      const [signedIn] = await query<{ email: string; expiresAt: Date }>(Prisma.sql`
        WITH code AS (
          UPDATE "DeviceCode" SET "usedAt" = ${now} WHERE "hash" = ${hash} AND "usedAt" IS NULL AND "expiresAt" > ${now} RETURNING "userId", "scopes", "apiKeyId"
        ), allowed AS (
          SELECT c."userId", c."scopes", k."rateLimit", LEAST(${token.expiresAt}::timestamptz, k."expiresAt") AS "expiresAt" FROM code c
          LEFT JOIN "ApiKey" k ON k."id" = c."apiKeyId" WHERE k."revokedAt" IS NULL AND (k."expiresAt" IS NULL OR k."expiresAt" > ${now})
        ), made AS (
          INSERT INTO "ApiKey" ("id", "userId", "kind", "name", "hash", "scopes", "rateLimit", "createdAt", "expiresAt")
          SELECT ${random.uuid()}::uuid, "userId", 'DEVICE', ${deviceName}, ${hashSecret(token.text)}, "scopes", "rateLimit", ${now}, "expiresAt" FROM allowed
          RETURNING "userId", "expiresAt"
        ) SELECT u."email", made."expiresAt" FROM made JOIN "User" u ON u."id" = made."userId"`);
      if (signedIn === undefined) throw unauthenticated("INVALID_CREDENTIALS", "Invalid or expired device code");
      return { ...token, ...signedIn };
    },
  };
}

function createDeviceTokens({ query, clock, random }: Dependencies) {
  return {
    /** Makes an access token of a device or an API key. It ends no later than the device's token or the key. */
    async refresh({ keyId, expiresAt, deadline }: Principal): Promise<NewToken> {
      const now = clock.now();
      const token = createToken("accessToken", { random, createdAt: now, lifetimeMs: ACCESS_LIFETIME_MS });
      const end = expiresAt !== null && expiresAt < token.expiresAt ? expiresAt : token.expiresAt;
      const statement = Prisma.sql`
        WITH expired AS (DELETE FROM "AccessToken" WHERE "expiresAt" <= ${now})
        INSERT INTO "AccessToken" ("hash", "apiKeyId", "createdAt", "expiresAt") VALUES (${hashSecret(token.text)}, ${keyId}::uuid, ${now}, ${end})`;
      await query(statement, deadline);
      return { ...token, expiresAt: end };
    },

    /** Ends a device's refresh token and its access tokens. An API key stays; only its access tokens end. */
    async signOut({ keyId, deadline }: Principal): Promise<void> {
      const statement = Prisma.sql`
        WITH revoked AS (UPDATE "ApiKey" SET "revokedAt" = ${clock.now()} WHERE "id" = ${keyId}::uuid AND "kind" = 'DEVICE' AND "revokedAt" IS NULL)
        DELETE FROM "AccessToken" WHERE "apiKeyId" = ${keyId}::uuid`;
      await query(statement, deadline);
      await untilTrustEnds(clock);
    },
  };
}

type TokenOptions = { readonly random: Random; readonly createdAt: Date; readonly lifetimeMs: number };

function createToken(kind: "refreshToken" | "accessToken", { random, createdAt, lifetimeMs }: TokenOptions): NewToken {
  return { text: createSecretText(kind, random), createdAt, expiresAt: new Date(createdAt.getTime() + lifetimeMs) };
}
