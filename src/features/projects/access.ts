import { AppError } from "../../core/errors/app-error.js";
import type { Principal } from "../../core/auth/principal.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import type { MemberRole, Project } from "../../db/generated/prisma/client.js";

export type Role = MemberRole | "OWNER";

export type AccessibleProject = Project & { readonly role: Role };

/** The keys of all projects that a user may see: the own ones and those shared with the user. */
export function accessibleKeys(principal: Principal): Prisma.Sql {
  return Prisma.sql`SELECT "key" FROM "Project" WHERE "ownerId" = ${principal.userId}::uuid UNION ALL ${sharedKeys(principal)}`;
}

/** The keys of the projects of others that are shared with a user. */
export function sharedKeys({ userId }: Principal): Prisma.Sql {
  return Prisma.sql`SELECT "projectKey" FROM "ProjectMember" WHERE "userId" = ${userId}::uuid`;
}

/**
 * The join and the columns that tell what a user is to a project, or to the project of a session, whose owner is the
 * same: its owner, a member, or nobody (role null).
 * The order puts the own one first, then the longest shared, then what belongs to others (CONTRACT, section 2).
 */
export function roleOf({ userId }: Principal, project: Prisma.Sql, key: "key" | "projectKey" = "key") {
  return {
    join: Prisma.sql`LEFT JOIN "ProjectMember" m ON m."projectKey" = ${project}."${Prisma.raw(key)}" AND m."userId" = ${userId}::uuid`,
    column: Prisma.sql`CASE WHEN ${project}."ownerId" = ${userId}::uuid THEN 'OWNER' ELSE m."role"::text END AS "role"`,
    isReachable: Prisma.sql`(${project}."ownerId" = ${userId}::uuid OR m."userId" IS NOT NULL)`,
    order: Prisma.sql`(${project}."ownerId" = ${userId}::uuid) DESC, m."createdAt" ASC NULLS LAST, ${project}."key"`,
  };
}

/** The key of the one project that each of these ids means to a user; none for an id that is foreign or of no project. */
export function meantKeys(principal: Principal, ids: readonly string[]): Prisma.Sql {
  const role = roleOf(principal, Prisma.raw("p"));
  return Prisma.sql`SELECT DISTINCT ON (p."id") p."key" FROM "Project" p ${role.join}
    WHERE p."id" = ANY(${[...ids]}::text[]) AND ${role.isReachable} ORDER BY p."id", ${role.order}`;
}

/** @throws FORBIDDEN / ACCESS_DENIED for a foreign resource, NOT_FOUND for a missing one, both naming the id */
export function requireReachable<T extends { readonly role: Role | null }>(
  row: T | undefined,
  what: string,
  details: Readonly<Record<string, string>>,
): asserts row is T & { readonly role: Role } {
  if (row === undefined) throw new AppError("RESOURCE_NOT_FOUND", { message: `${what} not found`, details });
  if (row.role === null) throw new AppError("ACCESS_DENIED", { message: `This ${what.toLowerCase()} belongs to another user`, details });
}

const RANK: Readonly<Record<Role, number>> = { VIEWER: 0, EDITOR: 1, OWNER: 2 };

/** @throws FORBIDDEN / ACCESS_DENIED if the user's role in the project does not allow what `least` may */
export function requireRole(role: Role, least: "EDITOR" | "OWNER", details: Readonly<Record<string, string>>): void {
  if (RANK[role] >= RANK[least]) return;
  const who = least === "OWNER" ? "Only the owner of the project" : "Only the owner or an editor of the project";
  throw new AppError("ACCESS_DENIED", { message: `${who} may do this`, details });
}
