import type { z } from "zod";
import type { Concealment } from "../../core/auth/concealment.js";
import { requireScope, type Principal } from "../../core/auth/principal.js";
import type { Query, Transaction } from "../../db/engine.js";
import { Prisma, type PrismaClient, type Project } from "../../db/generated/prisma/client.js";
import type { Encoded } from "../../db/row-codec.js";
import { Parameter, toTemplate } from "../../db/statement.js";
import { isUniqueViolation } from "../../db/violations.js";
import { AppError } from "../../core/errors/app-error.js";
import type { Deadline } from "../../platform/deadline.js";
import type { Clock } from "../../platform/clock.js";
import type { Random } from "../../platform/random.js";
import { requireRole, type AccessibleProject } from "./access.js";
import { createFindProject, isIdInUse, type FindProject } from "./find-project.js";
import type { createProjectInput, updateProjectInput } from "./input.js";
import { createProjectLists } from "./list-projects.js";
import { projectRow, type ProjectSelection } from "./row.js";

export type ProjectService = ReturnType<typeof createProjectService>;

type Dependencies = {
  readonly prisma: PrismaClient;
  readonly query: Query;
  readonly transaction: Transaction;
  readonly clock: Clock;
  readonly random: Random;
  readonly policy: Concealment;
};

/** Projects: who may see them, and how they are created, changed and deleted. */
export function createProjectService({ policy, ...dependencies }: Dependencies) {
  const { query } = dependencies;
  const find = createFindProject({ query, policy });
  return {
    find,

    async get(principal: Principal, id: string, selection?: ProjectSelection): Promise<AccessibleProject> {
      requireScope(principal, "projects:read");
      return find(principal, id, selection);
    },

    ...createProjectLists({ query }),
    ...createProjectWrites({ ...dependencies, find }),
  };
}

type WriteDependencies = Omit<Dependencies, "policy"> & { readonly find: FindProject };

function createProjectWrites({ prisma, query, transaction, clock, random, find }: WriteDependencies) {
  return {
    /** Makes a project that the caller owns. @throws CONFLICT if the id already names a project that the caller can reach */
    async create(principal: Principal, input: z.output<typeof createProjectInput>): Promise<Project> {
      requireScope(principal, "projects:write");
      const id = input.id ?? random.uuid();
      if (await isIdInUse(query, principal, id)) throw idInUse(id);
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

    /**
     * Deletes a project with all its sessions, and gives the owner's quota back. It needs the scopes to delete both. Many
     * sessions go in parts, each for good: all at once they could take longer than a statement may, every time, and would hold
     * others up. Who repeats a deletion that was broken off goes on with what is left.
     */
    async remove(principal: Principal, id: string): Promise<{ project: Project; deletedAt: Date }> {
      requireScope(principal, "projects:write");
      requireScope(principal, "sessions:write");
      const { key, role, sessionCount } = await find(principal, id);
      requireRole(role, "OWNER", { projectId: id });
      const before = sessionCount > PART ? await deleteSessionsInParts(query, key, principal.deadline) : 0;
      return transaction(async (run) => {
        // A statement sees the rows of the time when it began. Without the lock before it, it would not count a session that is stored
        // meanwhile, whose bytes would stay in the owner's quota for ever.
        await run(lockProject({ key }));
        const [project] = (await run<Encoded>(deleteProject({ key }))).map(projectRow.read);
        if (project === undefined) throw projectGone(id);
        return { project: { ...project, sessionCount: before + project.sessionCount }, deletedAt: clock.now() };
      }, principal.deadline);
    },
  };
}

/** How many sessions are deleted at once. */
const PART = 500;

/** Deletes sessions until less than a part of them is left, and returns how many. */
async function deleteSessionsInParts(query: Query, key: bigint, deadline: Deadline | undefined): Promise<number> {
  let total = 0;
  for (;;) {
    const [part] = await query<{ deleted: number }>(deletePart({ key, most: PART }), deadline);
    const deleted = part?.deleted ?? 0;
    total += deleted;
    if (deleted < PART) return total;
  }
}

const key = new Parameter("key");
const most = new Parameter("most");
const deletePart = toTemplate(Prisma.sql`
  WITH project AS (SELECT "key", "ownerId" FROM "Project" WHERE "key" = ${key} FOR UPDATE),
  part AS (SELECT s."key" FROM "Session" s JOIN project p ON s."projectKey" = p."key" ORDER BY s."key" LIMIT ${most}::int),
  gone AS (DELETE FROM "Session" WHERE "key" IN (SELECT "key" FROM part)
    RETURNING "markdownSize"::bigint + "rawDataSize" + "sessionDataSize" AS "bytes"),
  sums AS (SELECT count(*)::int AS "deleted", COALESCE(SUM("bytes"), 0) AS "bytes" FROM gone),
  counted AS (UPDATE "Project" SET "sessionCount" = "sessionCount" - (SELECT "deleted" FROM sums) WHERE "key" IN (SELECT "key" FROM project)),
  freed AS (UPDATE "User" SET "storedBytes" = "storedBytes" - (SELECT "bytes" FROM sums) WHERE "id" IN (SELECT "ownerId" FROM project))
  SELECT "deleted" FROM sums`);
const lockProject = toTemplate(Prisma.sql`SELECT 1 FROM "Project" WHERE "key" = ${key} FOR UPDATE`);
const deleteProject = toTemplate(Prisma.sql`
  WITH gone AS (DELETE FROM "Project" WHERE "key" = ${key} RETURNING *),
  freed AS (UPDATE "User" SET "storedBytes" = "storedBytes" - (
      SELECT COALESCE(SUM("markdownSize"::bigint + "rawDataSize" + "sessionDataSize"), 0) FROM "Session" WHERE "projectKey" = ${key})
    WHERE "id" = (SELECT "ownerId" FROM gone))
  SELECT ${projectRow.column} FROM gone p`);

export function projectGone(id: string): AppError {
  return new AppError("RESOURCE_NOT_FOUND", { message: "Project not found", details: { projectId: id } });
}

function idInUse(id: string): AppError {
  return new AppError("RESOURCE_CONFLICT", { message: "A project with this id exists already", details: { projectId: id } });
}
