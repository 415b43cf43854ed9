import { unauthenticated } from "../../core/auth/bearer-token.js";
import type { Principal } from "../../core/auth/principal.js";
import type { Scope } from "../../core/auth/scopes.js";
import { createSecretText, hashSecret } from "../../core/auth/secret-text.js";
import type { Query } from "../../db/engine.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import type { Clock } from "../../platform/clock.js";
import type { Deadline } from "../../platform/deadline.js";
import { randomText, type Random } from "../../platform/random.js";

export type DeviceCode = { readonly code: string; readonly expiresAt: Date };

/** A token with its text, which is known at this moment only. */
export type NewToken = { readonly text: string; readonly createdAt: Date; readonly expiresAt: Date };

/** Whom a code lets in: the user, or the key that made it, on whose end its tokens end too. */
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

/** Without the letters and digits that are mistaken for one another on a screen. */
const ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/** As long as a code is with whatever a person may put between its letters. What is longer is no code, and no pattern reads it. */
const LONGEST_CODE = 50;

/** How a command-line client signs in: a code, which it exchanges for a refresh token, which it exchanges for access tokens. */
export function createDeviceService(dependencies: Dependencies) {
  return { ...createDeviceCodes(dependencies), ...createDeviceTokens(dependencies) };
}

function createDeviceCodes({ query, clock, random }: Dependencies) {
  async function createFor({ userId, scopes, apiKeyId, deadline }: CodeOwner): Promise<DeviceCode> {
    const createdAt = clock.now();
    const expiresAt = new Date(createdAt.getTime() + CODE_LIFETIME_MS);
    const granted = [...scopes].filter((scope) => scope !== "admin");
    await query(Prisma.sql`DELETE FROM "DeviceCode" WHERE "expiresAt" <= ${createdAt}`, deadline);
    // Six characters are few: one that is in use already is not given twice.
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

    /** A code whose tokens will have the scopes of the key that made it, less `admin`. */
    createAs: ({ userId, scopes, keyId, deadline }: Principal): Promise<DeviceCode> =>
      createFor({ userId, scopes, apiKeyId: keyId, deadline }),

    /**
     * Exchanges a code, which works once, for a refresh token. Lower case and dashes are forgiven.
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
    /** An access token of a device, or of an API key, which ends no later than that does. */
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

    /** Ends a device's refresh token with all of its access tokens; of an API key, which stays, only these. */
    async signOut({ keyId, deadline }: Principal): Promise<void> {
      const statement = Prisma.sql`
        WITH revoked AS (UPDATE "ApiKey" SET "revokedAt" = ${clock.now()} WHERE "id" = ${keyId}::uuid AND "kind" = 'DEVICE' AND "revokedAt" IS NULL)
        DELETE FROM "AccessToken" WHERE "apiKeyId" = ${keyId}::uuid`;
      await query(statement, deadline);
    },
  };
}

type TokenOptions = { readonly random: Random; readonly createdAt: Date; readonly lifetimeMs: number };

function createToken(kind: "refreshToken" | "accessToken", { random, createdAt, lifetimeMs }: TokenOptions): NewToken {
  return { text: createSecretText(kind, random), createdAt, expiresAt: new Date(createdAt.getTime() + lifetimeMs) };
}
