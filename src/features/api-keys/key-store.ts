import type { Deadline } from "../../platform/deadline.js";
import { recordAction, type Actor } from "../../core/audit/record.js";
import { createSecretText, hashSecret } from "../../core/auth/secret-text.js";
import { endKey, isLive, requireRoom, type Cap, type ChangeCredentials } from "../../core/auth/credential-changes.js";
import { untilTrustEnds } from "../../core/auth/trust.js";
import type { Scope } from "../../core/auth/scopes.js";
import type { Query } from "../../db/engine.js";
import { Prisma, type ApiKey, type PrismaClient } from "../../db/generated/prisma/client.js";
import type { Clock } from "../../platform/clock.js";
import type { Page } from "../../platform/paging.js";
import type { Random } from "../../platform/random.js";

/** A key with its text, which is not stored and is known only now. */
export type NewApiKey = { readonly apiKey: ApiKey; readonly text: string };

export type NewKey = {
  readonly userId: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt?: Date | null | undefined;
  readonly rateLimit?: string | null | undefined;
  readonly text?: string | undefined;
};
export type KeyStoreDependencies = {
  readonly prisma: PrismaClient;
  readonly query: Query;
  readonly changeCredentials: ChangeCredentials;
  readonly clock: Clock;
  readonly random: Random;
  /** How many keys of a user may work at the same time. */
  readonly keysPerUser: Cap;
};

/** Who makes a key, and the key that it is a child of, if any. */
type Maker = { readonly actor: Actor | null; readonly parentId: string | null };

const COMMAND_LINE: Maker = { actor: null, parentId: null };

const COLUMNS = Prisma.sql`"id", "userId", "kind"::text AS "kind", "name", "hash", "scopes", "rateLimit", "createdAt", "expiresAt", "lastUsedAt", "revokedAt", "parentId"`;

/** Stores API keys and the refresh tokens of devices, which are keys too, without asking who may. */
export function createKeyStore({ prisma, query, changeCredentials, clock, random, keysPerUser }: KeyStoreDependencies) {
  /** Makes a key in a change of its user's credentials. */
  async function insert(run: Query, { text = createSecretText("apiKey", random), ...key }: NewKey, { actor, parentId }: Maker) {
    const [now, scopes] = [clock.now(), [...new Set(key.scopes)]];
    const [live] = await run<{ count: number }>(
      Prisma.sql`SELECT count(*)::int AS "count" FROM "ApiKey" WHERE "userId" = ${key.userId}::uuid AND "kind" = 'API_KEY' AND ${isLive(now)}`,
    );
    requireRoom(live?.count ?? 0, keysPerUser, "The user has as many API keys as allowed");
    const [apiKey] = await run<ApiKey>(Prisma.sql`
      INSERT INTO "ApiKey" ("id", "userId", "name", "hash", "scopes", "rateLimit", "createdAt", "expiresAt", "parentId")
      VALUES (${random.uuid()}::uuid, ${key.userId}::uuid, ${key.name}, ${hashSecret(text)}, ${scopes}::text[], ${key.rateLimit ?? null},
        ${now}, ${key.expiresAt ?? null}, ${parentId}::uuid) RETURNING ${COLUMNS}`);
    if (apiKey === undefined) throw new Error("The key was not stored");
    const details = { apiKeyId: apiKey.id, scopes, expiresAt: apiKey.expiresAt?.toISOString() ?? null };
    await recordAction(run, { at: now, action: "KEY_CREATED", actor, ownerId: key.userId, details });
    return { apiKey, text };
  }

  return {
    insert,

    /** Makes a key without checking permissions: for the command line and the first start. It is no other key's child. */
    create: (key: NewKey): Promise<NewApiKey> => changeCredentials(key.userId, (run) => insert(run, key, COMMAND_LINE)),

    /** Ends a key and all that it made. When it resolves, none of them works on any instance of the server any more. */
    async revoke(id: string, actor: Actor | null = null): Promise<ApiKey> {
      const { userId, kind } = await prisma.apiKey.findUniqueOrThrow({ where: { id }, select: { userId: true, kind: true } });
      await changeCredentials(userId, (run) => revokeKey(run, { id, kind, userId }, { at: clock.now(), actor }));
      await untilTrustEnds(clock);
      return prisma.apiKey.findUniqueOrThrow({ where: { id } });
    },

    /** Lists a page of a user's keys, the newest first. Their texts are not known any more. */
    async list(userId: string, { limit, offset }: Page, deadline?: Deadline): Promise<ApiKey[]> {
      return query<ApiKey>(
        Prisma.sql`SELECT ${COLUMNS} FROM "ApiKey" WHERE "userId" = ${userId}::uuid
          ORDER BY "createdAt" DESC, "id" DESC LIMIT ${limit} OFFSET ${offset}`,
        deadline,
      );
    },

    async exists(id: string): Promise<boolean> {
      return (await prisma.apiKey.count({ where: { id } })) > 0;
    },

    /** Tells whether there are keys, but none of this text that works. */
    async isReplaced(text: string): Promise<boolean> {
      const [found] = await query<{ isReplaced: boolean }>(Prisma.sql`
        SELECT EXISTS (SELECT FROM "ApiKey") AND NOT EXISTS (
          SELECT FROM "ApiKey" WHERE "hash" = ${hashSecret(text)} AND ${isLive(clock.now())}) AS "isReplaced"`);
      return found?.isReplaced ?? false;
    },

    /** Saves that a key was used now, unless the last use that is saved is within so much time of it. */
    async saveLastUse(id: string, precisionMs: number): Promise<void> {
      await query(updateLastUse(id, clock.now(), precisionMs));
    },
  };
}

type Ended = Pick<ApiKey, "id" | "kind" | "userId">;

async function revokeKey(
  run: Query,
  { id, kind, userId }: Ended,
  entry: { readonly at: Date; readonly actor: Actor | null },
): Promise<void> {
  const ended = await endKey(run, id, entry.at);
  if (ended === 0) return;
  const action = kind === "DEVICE" ? "DEVICE_REVOKED" : "KEY_REVOKED";
  await recordAction(run, { ...entry, action, ownerId: userId, details: { apiKeyId: id, ended } });
}

function updateLastUse(id: string, now: Date, precisionMs: number): Prisma.Sql {
  const [before, after] = [-precisionMs, precisionMs].map((ms) => new Date(now.getTime() + ms));
  return Prisma.sql`UPDATE "ApiKey" SET "lastUsedAt" = ${now}
    WHERE "id" = ${id}::uuid AND ("lastUsedAt" IS NULL OR "lastUsedAt" <= ${before} OR "lastUsedAt" >= ${after})`;
}
