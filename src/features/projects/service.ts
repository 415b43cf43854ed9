import type { z } from "zod";
import type { Concealment } from "../../core/auth/concealment.js";
import { requireScope, type Principal } from "../../core/auth/principal.js";
import { Prisma, type PrismaClient, type Project } from "../../db/generated/prisma/client.js";
import type { Encoded, EncodedList } from "../../db/row-codec.js";
import { isUniqueViolation } from "../../db/violations.js";
import { AppError } from "../../core/errors/app-error.js";
import type { Clock } from "../../platform/clock.js";
import { pagesOf, type Page, type PageBounds } from "../../platform/paging.js";
import type { Random } from "../../platform/random.js";
import { accessibleKeys, requireReachable, requireRole, roleOf, type AccessibleProject, type Role } from "./access.js";
import type { createProjectInput, updateProjectInput } from "./input.js";
import { projectRow } from "./row.js";

export type ProjectService = ReturnType<typeof createProjectService>;
export type ProjectCursor = { readonly createdAt: string; readonly key: string };

type Dependencies = { readonly prisma: PrismaClient; readonly clock: Clock; readonly random: Random; readonly policy: Concealment };

const P = Prisma.raw("p");

/** How many rows are read at once of the whole list. */
const PAGE = 500;

/** Projects: who may see them, and how they are made, changed and deleted. */
export function createProjectService({ prisma, clock, random, policy }: Dependencies) {
  /** The project that the id means to this user, with the user's role in it. */
  async function find(principal: Principal, id: string): Promise<AccessibleProject> {
    const role = roleOf(principal, P);
    const foreign = policy.concealForbidden ? Prisma.sql`AND ${role.isReachable}` : Prisma.empty;
    const rows = await prisma.$queryRaw<Encoded<{ role: Role | null }>[]>`
      SELECT ${projectRow.column}, ${role.column} FROM "Project" p ${role.join} WHERE p."id" = ${id} ${foreign} ORDER BY ${role.order} LIMIT 1`;
    const [project] = rows.map(projectRow.read);
    requireReachable(project, "Project", { projectId: id });
    return project;
  }

  async function listWhere(principal: Principal, condition: Prisma.Sql, inverted: boolean, { limit, offset }: Page) {
    const direction = Prisma.raw(inverted ? "ASC" : "DESC");
    const rows = await prisma.$queryRaw<EncodedList[]>`SELECT ${projectRow.list} FROM (
      SELECT * FROM "Project" p WHERE p."key" IN (${accessibleKeys(principal)}) AND ${condition}
      ORDER BY p."createdAt" ${direction}, p."key" ${direction} LIMIT ${limit} OFFSET ${offset}) p`;
    return projectRow.readAll(rows);
  }

  return {
    find,

    async get(principal: Principal, id: string): Promise<AccessibleProject> {
      requireScope(principal, "projects:read");
      return find(principal, id);
    },

    /** The projects a user may see, the newest first. */
    async list(principal: Principal, range: Page): Promise<Project[]> {
      requireScope(principal, "projects:read");
      return listWhere(principal, Prisma.sql`TRUE`, false, range);
    },

    /** A part of that list, from its end backwards if inverted. */
    async page(principal: Principal, { after, before, inverted }: PageBounds<ProjectCursor>, limit: number): Promise<Project[]> {
      requireScope(principal, "projects:read");
      const older =
        after === undefined
          ? Prisma.sql`TRUE`
          : Prisma.sql`(p."createdAt", p."key") < (${after.createdAt}::timestamptz, ${after.key}::bigint)`;
      const newer =
        before === undefined
          ? Prisma.sql`TRUE`
          : Prisma.sql`(p."createdAt", p."key") > (${before.createdAt}::timestamptz, ${before.key}::bigint)`;
      return listWhere(principal, Prisma.sql`${older} AND ${newer}`, inverted, { limit, offset: 0 });
    },

    /** The whole list, in pages that are read as they are asked for. */
    all(principal: Principal): AsyncGenerator<Project[]> {
      requireScope(principal, "projects:read");
      return pagesOf(PAGE, (last?: Project) => {
        const older =
          last === undefined
            ? Prisma.sql`TRUE`
            : Prisma.sql`(p."createdAt", p."key") < (${last.createdAt}::timestamptz, ${last.key}::bigint)`;
        return listWhere(principal, older, false, { limit: PAGE, offset: 0 });
      });
    },

    /** Projects by their internal keys, as far as the user may see them; for the projects of listed sessions. */
    async byKeys(principal: Principal, keys: readonly bigint[]): Promise<Project[]> {
      requireScope(principal, "projects:read");
      const rows = await prisma.$queryRaw<EncodedList[]>`
        SELECT ${projectRow.list} FROM "Project" p WHERE p."key" = ANY(${[...keys]}) AND p."key" IN (${accessibleKeys(principal)})`;
      return projectRow.readAll(rows);
    },

    /** Makes a project of the caller's own. @throws CONFLICT if the id already means a project the caller can reach */
    async create(principal: Principal, input: z.output<typeof createProjectInput>): Promise<Project> {
      requireScope(principal, "projects:write");
      const id = input.id ?? random.uuid();
      const role = roleOf(principal, P);
      const existing = await prisma.$queryRaw<
        unknown[]
      >`SELECT 1 FROM "Project" p ${role.join} WHERE p."id" = ${id} AND ${role.isReachable} LIMIT 1`;
      if (existing.length > 0) throw idInUse(id);
      const now = clock.now();
      const data = {
        id,
        ownerId: principal.userId,
        name: input.name,
        icon: input.icon,
        color: input.color,
        createdAt: now,
        updatedAt: now,
      };
      return prisma.project.create({ data }).catch((error: unknown) => {
        throw isUniqueViolation(error) ? idInUse(id) : error;
      });
    },

    async update(principal: Principal, { id, ...changes }: z.output<typeof updateProjectInput>): Promise<Project> {
      requireScope(principal, "projects:write");
      const { key, role } = await find(principal, id);
      requireRole(role, "EDITOR", { projectId: id });
      const [project] = await prisma.project.updateManyAndReturn({ where: { key }, data: { ...changes, updatedAt: clock.now() } });
      if (project === undefined) throw projectGone(id);
      return project;
    },

    /** Deletes a project with all its sessions, and gives the owner's quota back. */
    async remove(principal: Principal, id: string): Promise<{ project: Project; deletedAt: Date }> {
      requireScope(principal, "projects:write");
      const { key, role } = await find(principal, id);
      requireRole(role, "OWNER", { projectId: id });
      return prisma.$transaction(async (tx) => {
        // A statement counts what was there when it began: without the lock before it, a session stored meanwhile would be billed for ever.
        await tx.$queryRaw`SELECT 1 FROM "Project" WHERE "key" = ${key} FOR UPDATE`;
        const rows = await tx.$queryRaw<Encoded[]>`
          WITH gone AS (DELETE FROM "Project" WHERE "key" = ${key} RETURNING *),
          freed AS (UPDATE "User" SET "storedBytes" = "storedBytes" - (
              SELECT COALESCE(SUM("markdownSize"::bigint + "rawDataSize" + "sessionDataSize"), 0) FROM "Session" WHERE "projectKey" = ${key})
            WHERE "id" = (SELECT "ownerId" FROM gone))
          SELECT ${projectRow.column} FROM gone p`;
        const [project] = rows.map(projectRow.read);
        if (project === undefined) throw projectGone(id);
        return { project, deletedAt: clock.now() };
      });
    },
  };
}

export function projectGone(id: string): AppError {
  return new AppError("RESOURCE_NOT_FOUND", { message: "Project not found", details: { projectId: id } });
}

function idInUse(id: string): AppError {
  return new AppError("RESOURCE_CONFLICT", { message: "A project with this id exists already", details: { projectId: id } });
}
