import { recordAction } from "../../core/audit/record.js";
import { endKey, type ChangeCredentials } from "../../core/auth/credential-changes.js";
import type { Principal } from "../../core/auth/principal.js";
import { hashSecret } from "../../core/auth/secret-text.js";
import { untilTrustEnds } from "../../core/auth/trust.js";
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
};

const LIFETIME_MS = 3_600_000;

/** The most access tokens that one device or key has. Under the usual limits it asks for fewer in the hour that each lives. */
const MOST_TOKENS = 1_000;

/** Exchanges refresh tokens and API keys for access tokens, and ends these. */
export function createDeviceTokens({ query, changeCredentials, clock, random }: Dependencies) {
  return {
    /**
     * Makes an access token of a device or an API key. It ends no later than the device's token or the key. The oldest token ends
     * where there are too many.
     */
    async refresh({ keyId, expiresAt, deadline }: Principal): Promise<NewToken> {
      const now = clock.now();
      const token = createToken("accessToken", { random, createdAt: now, lifetimeMs: LIFETIME_MS });
      const end = expiresAt !== null && expiresAt < token.expiresAt ? expiresAt : token.expiresAt;
      const statement = Prisma.sql`
        WITH expired AS (DELETE FROM "AccessToken" WHERE "expiresAt" <= ${now}),
        surplus AS (
          DELETE FROM "AccessToken" WHERE "hash" IN (
            SELECT "hash" FROM "AccessToken" WHERE "apiKeyId" = ${keyId}::uuid AND "expiresAt" > ${now}
            ORDER BY "createdAt" DESC, "hash" OFFSET ${MOST_TOKENS - 1}::int)
        )
        INSERT INTO "AccessToken" ("hash", "apiKeyId", "createdAt", "expiresAt") VALUES (${hashSecret(token.text)}, ${keyId}::uuid, ${now}, ${end})`;
      await query(statement, deadline);
      return { ...token, expiresAt: end };
    },

    /** Ends a device's refresh token and its access tokens. An API key stays; only its access tokens end. */
    async signOut(principal: Principal): Promise<void> {
      const { userId, keyId, kind, deadline } = principal;
      await changeCredentials(
        userId,
        async (run) => {
          const entry = { at: clock.now(), actor: principal, ownerId: userId };
          const isEnded = kind === "DEVICE" && (await endKey(run, keyId, entry.at)) > 0;
          const tokens = (await run(Prisma.sql`DELETE FROM "AccessToken" WHERE "apiKeyId" = ${keyId}::uuid RETURNING 1`)).length;
          if (isEnded) await recordAction(run, { ...entry, action: "DEVICE_SIGNED_OUT", details: { apiKeyId: keyId } });
          else if (tokens > 0) await recordAction(run, { ...entry, action: "TOKENS_REVOKED", details: { apiKeyId: keyId, tokens } });
        },
        deadline,
      );
      await untilTrustEnds(clock);
    },
  };
}
