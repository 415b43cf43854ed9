import { recordAction } from "../../core/audit/record.js";
import { requireParent, requireRoom, type Cap, type ChangeCredentials } from "../../core/auth/credential-changes.js";
import { requireApiKey, type Principal } from "../../core/auth/principal.js";
import type { Scope } from "../../core/auth/scopes.js";
import { hashSecret } from "../../core/auth/secret-text.js";
import type { Query } from "../../db/engine.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import type { Clock } from "../../platform/clock.js";
import { randomText, type Random } from "../../platform/random.js";

export type DeviceCode = { readonly code: string; readonly expiresAt: Date };

/** The user whom a code signs in, and the API key that made the code, if any: its tokens end when that key ends. */
type CodeOwner = { readonly userId: string; readonly scopes: Iterable<Scope>; readonly apiKeyId?: string };

type Dependencies = {
  readonly query: Query;
  readonly changeCredentials: ChangeCredentials;
  readonly clock: Clock;
  readonly random: Random;
};

const LIFETIME_MS = 10 * 60_000;

/** Letters and digits that cannot be mistaken for one another on a screen. */
const ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/** The most codes of a key that wait to be used: the more there are, the sooner a guess is right. */
const OPEN_CODES: Cap = { most: 100 };

/** Makes the codes with which command-line clients sign in. */
export function createDeviceCodes({ query, changeCredentials, clock, random }: Dependencies) {
  async function insert(run: Query, { userId, scopes, apiKeyId }: CodeOwner): Promise<DeviceCode> {
    const createdAt = clock.now();
    const expiresAt = new Date(createdAt.getTime() + LIFETIME_MS);
    const granted = [...scopes].filter((scope) => scope !== "admin");
    // Codes have six characters, so that two may be equal. A code that is in use is not given again.
    for (;;) {
      const text = randomText(random, ALPHABET, 6);
      const made = await run(Prisma.sql`
        INSERT INTO "DeviceCode" ("hash", "userId", "scopes", "createdAt", "expiresAt", "apiKeyId")
        VALUES (${hashSecret(text)}, ${userId}::uuid, ${granted}::text[], ${createdAt}, ${expiresAt}, ${apiKeyId ?? null}::uuid)
        ON CONFLICT DO NOTHING RETURNING "hash"`);
      if (made.length > 0) return { code: text, expiresAt };
    }
  }

  const deleteExpired = () => query(Prisma.sql`DELETE FROM "DeviceCode" WHERE "expiresAt" <= ${clock.now()}`);

  return {
    /** Makes a code that no key made. */
    async createFor(owner: Omit<CodeOwner, "apiKeyId">): Promise<DeviceCode> {
      await deleteExpired();
      return changeCredentials(owner.userId, async (run) => {
        await recordAction(run, { at: clock.now(), action: "DEVICE_CODE_CREATED", actor: null, ownerId: owner.userId });
        return insert(run, owner);
      });
    },

    /**
     * Makes a code. Its tokens will have the scopes of the caller's key, except `admin`.
     * @throws FORBIDDEN for devices and access tokens; QUOTA_EXCEEDED
     */
    async createAs(principal: Principal): Promise<DeviceCode> {
      requireApiKey(principal);
      const { userId, scopes, keyId: apiKeyId, deadline } = principal;
      await deleteExpired();
      return changeCredentials(
        userId,
        async (run) => {
          await requireParent(run, apiKeyId, clock.now());
          const open = await countOf(run, Prisma.sql`"DeviceCode" WHERE "apiKeyId" = ${apiKeyId}::uuid AND "usedAt" IS NULL`);
          requireRoom(open, OPEN_CODES, "The API key has as many device codes as allowed");
          await recordAction(run, { at: clock.now(), action: "DEVICE_CODE_CREATED", actor: principal, ownerId: userId });
          return insert(run, { userId, scopes, apiKeyId });
        },
        deadline,
      );
    },
  };
}

async function countOf(run: Query, rows: Prisma.Sql): Promise<number> {
  const [counted] = await run<{ count: number }>(Prisma.sql`SELECT count(*)::int AS "count" FROM ${rows}`);
  return counted?.count ?? 0;
}
