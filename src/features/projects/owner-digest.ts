import { createHash } from "node:crypto";
import { z } from "zod";
import { Prisma } from "../../db/generated/prisma/client.js";
import type { Parameter } from "../../db/statement.js";

const LENGTH = 16;

/**
 * Stands for an owner in a cursor. Ids are unique for an owner only, so that two rows of a list that has own and shared ones
 * may be equal in all that orders them but their owners. The digest parts them, and does not show whose they are.
 */
export function toOwnerDigest(ownerId: string): string {
  return createHash("sha256").update(ownerId).digest("hex").slice(0, LENGTH);
}

export const ownerDigest = z.string().regex(new RegExp(`^[0-9a-f]{${LENGTH}}$`));

/**
 * Makes SQL for the owner that a digest stands for, of those whose projects the user may see. Else it is `otherwise`: for a
 * user who is no member any more.
 */
export function ownerOfDigest(digest: Parameter, userId: Parameter, otherwise: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`COALESCE((SELECT o."ownerId" FROM (
      SELECT ${userId}::uuid AS "ownerId"
      UNION ALL SELECT p."ownerId" FROM "ProjectMember" m JOIN "Project" p ON p."key" = m."projectKey" WHERE m."userId" = ${userId}::uuid
    ) o WHERE left(encode(sha256(convert_to(o."ownerId"::text, 'UTF8')), 'hex'), ${Prisma.raw(String(LENGTH))}) = ${digest}::text LIMIT 1), ${otherwise})`;
}

/** The least and the greatest owner. */
export const LEAST_OWNER = Prisma.sql`'00000000-0000-0000-0000-000000000000'::uuid`;
export const GREATEST_OWNER = Prisma.sql`'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid`;
