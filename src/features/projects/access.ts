import { AppError } from "../../core/errors/app-error.js";
import type { Principal } from "../../core/auth/principal.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import type { MemberRole, Project } from "../../db/generated/prisma/client.js";
import type { Parameter } from "../../db/statement.js";

export type Role = MemberRole | "OWNER";

export type AccessibleProject = Project & { readonly role: Role };

/** The user whose rights a statement looks up: an id, or a parameter to which each run of the statement gives the id. */
type Viewer = { readonly userId: Principal["userId"] | Parameter };

/** Selects the keys of all projects that a user may see: the user's own ones, and those shared with the user. */
export function accessibleKeys(viewer: Viewer): Prisma.Sql {
  return Prisma.sql`SELECT "key" FROM "Project" WHERE "ownerId" = ${viewer.userId}::uuid UNION ALL ${sharedKeys(viewer)}`;
}

/** Selects the keys of other users' projects that are shared with a user. */
export function sharedKeys({ userId }: Viewer): Prisma.Sql {
  return Prisma.sql`SELECT "projectKey" FROM "ProjectMember" WHERE "userId" = ${userId}::uuid`;
}

/**
 * Makes SQL for the role of a user in a project: OWNER, the role of a member, or null. It also works on sessions, by their
 * `projectKey`, since a session and its project have one owner.
 * `order` sorts the rows that one id names: the user's own project comes first, then the one that was shared with the
 * user first, then those of others.
 */
export function roleOf({ userId }: Viewer, project: Prisma.Sql, key: "key" | "projectKey" = "key") {
  return {
    join: Prisma.sql`LEFT JOIN "ProjectMember" m ON m."projectKey" = ${project}."${Prisma.raw(key)}" AND m."userId" = ${userId}::uuid`,
    column: Prisma.sql`CASE WHEN ${project}."ownerId" = ${userId}::uuid THEN 'OWNER' ELSE m."role"::text END AS "role"`,
    isReachable: Prisma.sql`(${project}."ownerId" = ${userId}::uuid OR m."userId" IS NOT NULL)`,
    order: Prisma.sql`(${project}."ownerId" = ${userId}::uuid) DESC, m."createdAt" ASC NULLS LAST, ${project}."key"`,
  };
}

/** Selects the key of the project that each id names: the user's own project before a shared one. Other ids have no row. */
export function keysOfIds(viewer: Viewer, ids: readonly string[]): Prisma.Sql {
  const role = roleOf(viewer, Prisma.raw("p"));
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

/** @throws FORBIDDEN / ACCESS_DENIED if the user's role in the project is lower than `least` */
export function requireRole(role: Role, least: "EDITOR" | "OWNER", details: Readonly<Record<string, string>>): void {
  if (RANK[role] >= RANK[least]) return;
  const who = least === "OWNER" ? "Only the owner of the project" : "Only the owner or an editor of the project";
  throw new AppError("ACCESS_DENIED", { message: `${who} may do this`, details });
}
