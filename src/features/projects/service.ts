import type { z } from "zod";
import type { Concealment } from "../../core/auth/concealment.js";
import { toActorValues } from "../../core/audit/record.js";
import { requireScope, type Principal } from "../../core/auth/principal.js";
import type { Query, Transaction } from "../../db/engine.js";
import type { Project } from "../../db/generated/prisma/client.js";
import type { Encoded } from "../../db/row-codec.js";
import { AppError } from "../../core/errors/app-error.js";
import type { Clock } from "../../platform/clock.js";
import type { Random } from "../../platform/random.js";
import { requireRole, type AccessibleProject } from "./access.js";
import { createProjectDeletion } from "./delete-project.js";
import { createFindProject, isIdInUse, type FindProject } from "./find-project.js";
import type { createProjectInput, updateProjectInput } from "./input.js";
import { createProjectLists } from "./list-projects.js";
import { projectRow, type ProjectSelection } from "./row.js";
import { insertProject, updateProject } from "./write-statements.js";

export type ProjectService = ReturnType<typeof createProjectService>;

type Dependencies = {
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

function createProjectWrites({ query, transaction, clock, random, find }: WriteDependencies) {
  const deleteProject = createProjectDeletion({ query, transaction, clock });

  return {
    /** Makes a project that the caller owns. @throws CONFLICT if the id already names a project that the caller can reach */
    async create(principal: Principal, input: z.output<typeof createProjectInput>): Promise<Project> {
      requireScope(principal, "projects:write");
      const id = input.id ?? random.uuid();
      if (await isIdInUse(query, principal, id)) throw idInUse(id);
      const values = { ...input, id, ownerId: principal.userId, now: clock.now(), ...toActorValues(principal) };
      const [made] = await query<Encoded>(insertProject(values), principal.deadline);
      if (made === undefined) throw idInUse(id);
      return projectRow.read(made);
    },

    async update(principal: Principal, { id, ...changes }: z.output<typeof updateProjectInput>): Promise<Project> {
      requireScope(principal, "projects:write");
      const { key, role } = await find(principal, id);
      requireRole(role, "EDITOR", { projectId: id });
      const { name = null, icon = null, color = null } = changes;
      const values = { key, name, icon, color, now: clock.now(), ...toActorValues(principal) };
      const [project] = await query<Encoded>(updateProject(values), principal.deadline);
      if (project === undefined) throw projectGone(id);
      return projectRow.read(project);
    },

    /** Deletes a project with all its sessions (delete-project.ts). It needs the scopes to delete both. */
    async remove(principal: Principal, id: string): Promise<{ project: Project; deletedAt: Date }> {
      requireScope(principal, "projects:write");
      requireScope(principal, "sessions:write");
      const { role, ...project } = await find(principal, id);
      requireRole(role, "OWNER", { projectId: id });
      const parts = { entryId: random.uuid(), at: clock.now(), ownerId: project.ownerId, projectId: id, details: {} };
      const deleted = await deleteProject(project, { actor: principal, parts, isWithUser: false, deadline: principal.deadline });
      if (deleted === undefined) throw projectGone(id);
      return { project: deleted.project, deletedAt: clock.now() };
    },
  };
}

export function projectGone(id: string): AppError {
  return new AppError("RESOURCE_NOT_FOUND", { message: "Project not found", details: { projectId: id } });
}

function idInUse(id: string): AppError {
  return new AppError("RESOURCE_CONFLICT", { message: "A project with this id exists already", details: { projectId: id } });
}
