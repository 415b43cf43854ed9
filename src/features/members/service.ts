import { requireScope, type Principal } from "../../core/auth/principal.js";
import type { Query } from "../../db/engine.js";
import { Prisma, type MemberRole, type PrismaClient, type ProjectMember, type User } from "../../db/generated/prisma/client.js";
import { isMissingReference } from "../../db/violations.js";
import { AppError } from "../../core/errors/app-error.js";
import { badInput } from "../../core/errors/bad-input.js";
import type { Clock } from "../../platform/clock.js";
import { requireRole } from "../projects/access.js";
import { projectGone, type ProjectService } from "../projects/service.js";

export type Member = ProjectMember & { readonly user: User };

type Dependencies = {
  readonly prisma: PrismaClient;
  readonly query: Query;
  readonly clock: Clock;
  readonly projects: ProjectService;
};

type MemberRow = ProjectMember & {
  readonly email: string;
  readonly userCreatedAt: Date;
  readonly storedBytes: bigint;
};

/** Manages the members of a project, whom its owner adds and removes. */
export function createMemberService({ prisma, query, clock, projects }: Dependencies) {
  async function findOwned(principal: Principal, projectId: string) {
    requireScope(principal, "projects:write");
    const project = await projects.find(principal, projectId);
    requireRole(project.role, "OWNER", { projectId });
    return project;
  }

  return {
    /** Lists the members of several projects at once. Those who have been members longest come first. */
    async ofProjects(principal: Principal, keys: readonly bigint[]): Promise<Member[]> {
      requireScope(principal, "projects:read");
      const rows = await query<MemberRow>(
        Prisma.sql`
          SELECT m."projectKey", m."userId", m."role"::text AS "role", m."createdAt", u."email", u."createdAt" AS "userCreatedAt", u."storedBytes"
          FROM "ProjectMember" m JOIN "User" u ON u."id" = m."userId"
          WHERE m."projectKey" = ANY(${keys}::bigint[]) ORDER BY m."createdAt", m."userId"`,
        principal.deadline,
      );
      return rows.map(({ email, userCreatedAt, storedBytes, ...member }) => ({
        ...member,
        user: { id: member.userId, email, createdAt: userCreatedAt, storedBytes },
      }));
    },

    /** Shares a project with a user. A member who is added again takes the new role. */
    async add(principal: Principal, input: { projectId: string; email: string; role: MemberRole }): Promise<Member> {
      const project = await findOwned(principal, input.projectId);
      const user = await prisma.user.findUnique({ where: { email: input.email } });
      if (user === null) throw new AppError("RESOURCE_NOT_FOUND", { message: "User not found", details: { email: input.email } });
      if (user.id === project.ownerId) {
        throw badInput([{ path: ["input", "email"], reason: "INVALID_PARAMETER", message: "The owner of the project is no member of it" }]);
      }
      const ids = { projectKey: project.key, userId: user.id };
      const { role } = input;
      // Without `include` Prisma makes this one INSERT ... ON CONFLICT. With it, Prisma reads first, and two such calls at once fail.
      const member = await prisma.projectMember
        .upsert({ where: { projectKey_userId: ids }, create: { ...ids, role, createdAt: clock.now() }, update: { role } })
        .catch((error: unknown) => {
          throw isMissingReference(error) ? projectGone(input.projectId) : error;
        });
      return { ...member, user };
    },

    /** @throws NOT_FOUND if the user is not a member */
    async remove(principal: Principal, input: { projectId: string; email: string }): Promise<void> {
      const project = await findOwned(principal, input.projectId);
      const { count } = await prisma.projectMember.deleteMany({ where: { projectKey: project.key, user: { email: input.email } } });
      if (count === 0)
        throw new AppError("RESOURCE_NOT_FOUND", {
          message: "Member not found",
          details: { projectId: input.projectId, email: input.email },
        });
    },
  };
}
