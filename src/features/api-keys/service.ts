import type { z } from "zod";
import type { Deadline } from "../../platform/deadline.js";
import { createSecretText, hashSecret } from "../../core/auth/secret-text.js";
import type { Concealment } from "../../core/auth/concealment.js";
import { requireScope, type Principal } from "../../core/auth/principal.js";
import { untilTrustEnds } from "../../core/auth/trust.js";
import type { Scope } from "../../core/auth/scopes.js";
import type { Query } from "../../db/engine.js";
import { Prisma, type ApiKey, type PrismaClient } from "../../db/generated/prisma/client.js";
import { AppError } from "../../core/errors/app-error.js";
import type { Clock } from "../../platform/clock.js";
import type { Random } from "../../platform/random.js";
import type { createApiKeyInput } from "./input.js";

/** A key with its text, which is not stored and is known only now. */
type NewApiKey = { readonly apiKey: ApiKey; readonly text: string };

type NewKey = {
  readonly userId: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt?: Date | null;
  readonly rateLimit?: string | null;
  readonly text?: string;
};
type Dependencies = {
  readonly prisma: PrismaClient;
  readonly query: Query;
  readonly clock: Clock;
  readonly random: Random;
  readonly policy: Concealment;
};

const COLUMNS = Prisma.sql`"id", "userId", "kind"::text AS "kind", "name", "hash", "scopes", "rateLimit", "createdAt", "expiresAt", "lastUsedAt", "revokedAt"`;

/** API keys and the refresh tokens of devices, which are stored as keys too. */
export function createApiKeyService({ prisma, query, clock, random, policy }: Dependencies) {
  /** Makes a key without checking permissions: for the command line and the first start. */
  async function create({ text = createSecretText("apiKey", random), ...key }: NewKey): Promise<NewApiKey> {
    const data = { ...key, id: random.uuid(), scopes: [...new Set(key.scopes)], hash: hashSecret(text), createdAt: clock.now() };
    return { apiKey: await prisma.apiKey.create({ data }), text };
  }

  /** Ends a key. When it resolves, the key works on no instance of the server any more. */
  async function revoke(id: string): Promise<ApiKey> {
    const [revoked] = await prisma.apiKey.updateManyAndReturn({ where: { id, revokedAt: null }, data: { revokedAt: clock.now() } });
    await untilTrustEnds(clock);
    return revoked ?? prisma.apiKey.findUniqueOrThrow({ where: { id } });
  }

  /** Lists a user's keys, the newest first. Their texts are not known any more. */
  async function list(userId: string, deadline?: Deadline): Promise<ApiKey[]> {
    return query<ApiKey>(
      Prisma.sql`SELECT ${COLUMNS} FROM "ApiKey" WHERE "userId" = ${userId}::uuid ORDER BY "createdAt" DESC, "id" DESC`,
      deadline,
    );
  }

  async function exists(id: string): Promise<boolean> {
    return (await prisma.apiKey.count({ where: { id } })) > 0;
  }

  /** Saves that a key was used now, unless the last use that is saved is within so much time of it. */
  async function saveLastUse(id: string, precisionMs: number): Promise<void> {
    const now = clock.now();
    const [before, after] = [-precisionMs, precisionMs].map((ms) => new Date(now.getTime() + ms));
    await query(
      Prisma.sql`UPDATE "ApiKey" SET "lastUsedAt" = ${now}
        WHERE "id" = ${id}::uuid AND ("lastUsedAt" IS NULL OR "lastUsedAt" <= ${before} OR "lastUsedAt" >= ${after})`,
    );
  }

  return { create, revoke, list, exists, saveLastUse, ...createKeyManagement({ prisma, policy, create, revoke, list }) };
}

type ManagementDependencies = Pick<Dependencies, "prisma" | "policy"> & {
  readonly create: (key: NewKey) => Promise<NewApiKey>;
  readonly revoke: (id: string) => Promise<ApiKey>;
  readonly list: (userId: string, deadline?: Deadline) => Promise<ApiKey[]>;
};

/** Lets callers manage their own keys, and with `admin` those of others. */
function createKeyManagement({ prisma, policy, create, revoke, list }: ManagementDependencies) {
  return {
    async listOwn(principal: Principal): Promise<ApiKey[]> {
      requireScope(principal, "keys:manage");
      return list(principal.userId, principal.deadline);
    },

    /**
     * Makes a key for the caller's user, or with `admin` for any user.
     * @throws FORBIDDEN if a scope is asked for that the caller's key lacks, or another user's key without `admin`
     */
    async createAs(principal: Principal, input: z.output<typeof createApiKeyInput>): Promise<NewApiKey> {
      if (!principal.scopes.has("admin")) requireScope(principal, "keys:manage");
      const userId = input.userId ?? principal.userId;
      if (userId !== principal.userId) requireScope(principal, "admin");
      for (const scope of input.scopes) requireScope(principal, scope);
      const user = await prisma.user.findUnique({ where: { id: userId }, select: { id: true } });
      if (user === null) throw new AppError("RESOURCE_NOT_FOUND", { message: "User not found", details: { userId } });
      return create({ ...input, userId });
    },

    /** Revokes a key of the caller's user, or with `admin` any key. A key that is revoked already stays as it is. */
    async revokeAs(principal: Principal, id: string): Promise<ApiKey> {
      if (!principal.scopes.has("admin")) requireScope(principal, "keys:manage");
      const key = await prisma.apiKey.findUnique({ where: { id } });
      const isForeign = key !== null && key.userId !== principal.userId && !principal.scopes.has("admin");
      if (key === null || (isForeign && policy.concealForbidden))
        throw new AppError("RESOURCE_NOT_FOUND", { message: "API key not found", details: { apiKeyId: id } });
      if (isForeign) throw new AppError("ACCESS_DENIED", { message: "This API key belongs to another user", details: { apiKeyId: id } });
      return revoke(id);
    },
  };
}
