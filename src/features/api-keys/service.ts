import type { z } from "zod";
import type { Concealment } from "../../core/auth/concealment.js";
import { requireParent } from "../../core/auth/credential-changes.js";
import { requireApiKey, requireScope, type Principal } from "../../core/auth/principal.js";
import { AppError } from "../../core/errors/app-error.js";
import type { Policy } from "../../core/limits/policy.js";
import type { Query } from "../../db/engine.js";
import { Prisma, type ApiKey } from "../../db/generated/prisma/client.js";
import type { Page } from "../../platform/paging.js";
import { inherit } from "./inherit.js";
import type { createApiKeyInput } from "./input.js";
import { createKeyStore, type KeyStoreDependencies, type NewApiKey } from "./key-store.js";

type Dependencies = KeyStoreDependencies & {
  readonly policy: Concealment;
  /** The limits of a key without one of its own. */
  readonly defaultLimits: readonly Policy[];
};

/** API keys and signed-in devices. Callers manage their own, and with `admin` those of others. */
export function createApiKeyService({ policy, defaultLimits, ...dependencies }: Dependencies) {
  const { prisma, changeCredentials, clock } = dependencies;
  const { insert, ...keys } = createKeyStore(dependencies);
  return {
    ...keys,

    async listOwn(principal: Principal, page: Page): Promise<ApiKey[]> {
      requireScope(principal, "keys:manage");
      return keys.list(principal.userId, page, principal.deadline);
    },

    /**
     * Makes a key for the caller's user, a child of the caller's key, or with `admin` a key of any other user, which is no child.
     * @throws FORBIDDEN if a scope is asked for that the caller's key lacks, or another user's key without `admin`, or by a device
     */
    async createAs(principal: Principal, { userId: owner, ...asked }: z.output<typeof createApiKeyInput>): Promise<NewApiKey> {
      requireApiKey(principal);
      if (!principal.scopes.has("admin")) requireScope(principal, "keys:manage");
      const userId = owner ?? principal.userId;
      const isForeign = userId !== principal.userId;
      if (isForeign) requireScope(principal, "admin");
      for (const scope of asked.scopes) requireScope(principal, scope);
      const make = async (run: Query) => {
        if (isForeign) {
          const [user] = await run(Prisma.sql`SELECT 1 FROM "User" WHERE "id" = ${userId}::uuid`);
          if (user === undefined) throw new AppError("RESOURCE_NOT_FOUND", { message: "User not found", details: { userId } });
          return insert(run, { ...asked, userId }, { actor: principal, parentId: null });
        }
        const parent = await requireParent(run, principal.keyId, clock.now());
        const bounds = inherit(asked, { principal, parent, defaults: defaultLimits });
        return insert(run, { ...asked, ...bounds, userId }, { actor: principal, parentId: parent.id });
      };
      return changeCredentials(userId, make, principal.deadline);
    },

    /** Revokes a key of the caller's user, or with `admin` any key. A key that is revoked already stays as it is. */
    async revokeAs(principal: Principal, id: string): Promise<ApiKey> {
      if (!principal.scopes.has("admin")) requireScope(principal, "keys:manage");
      const key = await prisma.apiKey.findUnique({ where: { id } });
      const isForeign = key !== null && key.userId !== principal.userId && !principal.scopes.has("admin");
      if (key === null || (isForeign && policy.concealForbidden))
        throw new AppError("RESOURCE_NOT_FOUND", { message: "API key not found", details: { apiKeyId: id } });
      if (isForeign) throw new AppError("ACCESS_DENIED", { message: "This API key belongs to another user", details: { apiKeyId: id } });
      return keys.revoke(id, principal);
    },
  };
}
