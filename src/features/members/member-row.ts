import { Prisma, type ProjectMember, type User } from "../../db/generated/prisma/client.js";
import { Parameter } from "../../db/statement.js";

export type Member = ProjectMember & { readonly user: User };

/** A member and the user of it, in one row. */
export type MemberRow = ProjectMember & {
  readonly email: string;
  readonly userCreatedAt: Date;
  readonly storedBytes: bigint;
  readonly lockedAt: Date | null;
};

/** The columns of a `MemberRow`, of the member called m and the user called u. */
export const memberColumns = Prisma.sql`m."projectKey", m."userId", m."role"::text AS "role", m."createdAt",
  u."email", u."createdAt" AS "userCreatedAt", u."storedBytes", u."lockedAt"`;

export function toMember({ email, userCreatedAt, storedBytes, lockedAt, ...member }: MemberRow): Member {
  return { ...member, user: { id: member.userId, email, createdAt: userCreatedAt, storedBytes, lockedAt } };
}

/**
 * Selects the user of the project's member with an address. It compares the members of the project only: a look-up among
 * all users would take longer for an address that is a user's, which the owner of a project is not to learn.
 */
export const memberWithEmail = Prisma.sql`SELECT k."userId" FROM (
    SELECT o."userId", a."email" FROM "ProjectMember" o JOIN "User" a ON a."id" = o."userId"
    WHERE o."projectKey" = ${new Parameter("key")} OFFSET 0
  ) k WHERE k."email" = ${new Parameter("email")}`;
