import type { Concealment } from "../../core/auth/concealment.js";
import { actorParameters, insertEntries, toActorValues } from "../../core/audit/record.js";
import { requireScope, type Principal } from "../../core/auth/principal.js";
import type { Query, Transaction } from "../../db/engine.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import { Parameter, toTemplate } from "../../db/statement.js";
import { AppError } from "../../core/errors/app-error.js";
import { badInput } from "../../core/errors/bad-input.js";
import type { Clock } from "../../platform/clock.js";
import type { Page } from "../../platform/paging.js";
import { uuidOrNull } from "../../platform/text.js";
import { requireReachable, requireRole, roleOf, type Role } from "../projects/access.js";
import { projectGone, type ProjectService } from "../projects/service.js";
import { lockProject } from "./lock-project.js";
import { memberColumns, memberWithEmail, toMember, type Member, type MemberRow } from "./member-row.js";

type Dependencies = {
  readonly query: Query;
  readonly transaction: Transaction;
  readonly clock: Clock;
  readonly policy: Concealment;
  readonly projects: ProjectService;
};

/** The members of projects: lists them, and ends memberships. One begins with an invitation (invitation-service.ts). */
export function createMemberService({ query, transaction, clock, policy, projects }: Dependencies) {
  const leave = leaveStatement(policy);

  return {
    /** Lists a page of the members of each of several projects. Those who have been members longest come first. */
    async ofProjects(principal: Principal, keys: readonly bigint[], page: Page): Promise<Member[]> {
      requireScope(principal, "projects:read");
      const rows = await query<MemberRow>(membersOf({ ...page, keys: [...keys] }), principal.deadline);
      return rows.map(toMember);
    },

    /** Ends a membership, or withdraws an open invitation. @throws NOT_FOUND if there is neither */
    async remove(principal: Principal, { projectId, email }: { projectId: string; email: string }): Promise<void> {
      requireScope(principal, "projects:write");
      const { key, role } = await projects.find(principal, projectId);
      requireRole(role, "OWNER", { projectId });
      const removed = await transaction(async (run) => {
        // Else an invitation that is accepted at this moment would leave a member whom the statement does not see yet.
        if ((await run(lockProject({ key }))).length === 0) throw projectGone(projectId);
        return run(removeStatement({ key, email, now: clock.now(), ...toActorValues(principal) }));
      }, principal.deadline);
      if (removed.length === 0) throw new AppError("RESOURCE_NOT_FOUND", { message: "Member not found", details: { projectId, email } });
    },

    /** Ends the caller's own membership. @throws NOT_FOUND, FORBIDDEN, or INVALID_PARAMETER for the owner */
    async leave(principal: Principal, { projectId, ownerId }: { projectId: string; ownerId: string }): Promise<void> {
      requireScope(principal, "projects:write");
      const ids = { projectId, ownerId: uuidOrNull(ownerId), userId: principal.userId };
      const args = { ...ids, now: clock.now(), ...toActorValues(principal) };
      const [left] = await query<{ role: Role | null }>(leave(args), principal.deadline);
      requireReachable(left, "Project", { projectId, ownerId });
      if (left.role === "OWNER") {
        const message = "The owner of a project cannot leave it, only delete it";
        throw badInput([{ path: ["input", "ownerId"], reason: "INVALID_PARAMETER", message }]);
      }
    },
  };
}

const membersOf = toTemplate(Prisma.sql`
  SELECT ${memberColumns} FROM unnest(${new Parameter("keys")}::bigint[]) k("key") CROSS JOIN LATERAL (
    SELECT * FROM "ProjectMember" WHERE "projectKey" = k."key"
    ORDER BY "createdAt", "userId" LIMIT ${new Parameter("limit")} OFFSET ${new Parameter("offset")}
  ) m JOIN "User" u ON u."id" = m."userId" ORDER BY m."createdAt", m."userId"`);

const [key, email] = [new Parameter("key"), new Parameter("email")];

const now = Prisma.sql`${new Parameter("now")}::timestamptz`;

/** SELECTs for what was ended, each a WITH query of `removeStatement`. */
const ended = Prisma.sql`SELECT 'INVITATION_WITHDRAWN' AS "action" FROM withdrawn UNION ALL SELECT 'MEMBER_REMOVED' FROM removed`;

const removeStatement = toTemplate(Prisma.sql`
  WITH withdrawn AS (
    DELETE FROM "Invitation" WHERE "projectKey" = ${key} AND "email" = ${email} AND "expiresAt" > ${now} RETURNING 1
  ), removed AS (
    DELETE FROM "ProjectMember" WHERE "projectKey" = ${key} AND "userId" = (${memberWithEmail}) RETURNING 1
  ), recorded AS (${insertEntries({
    from: Prisma.sql`(${ended}) e JOIN "Project" p ON p."key" = ${key}`,
    at: now,
    action: Prisma.sql`e."action"`,
    actor: actorParameters,
    ownerId: Prisma.sql`p."ownerId"`,
    projectId: Prisma.sql`p."id"`,
    details: Prisma.sql`jsonb_build_object('email', ${email}::text)`,
  })})
  ${ended}`);

/** Selects the role that the caller had in the project. */
function leaveStatement({ concealForbidden }: Concealment) {
  const userId = new Parameter("userId");
  const role = roleOf({ userId }, Prisma.raw("p"));
  return toTemplate(Prisma.sql`
    WITH named AS (
      SELECT p."key", ${role.column} FROM "Project" p ${role.join}
      WHERE p."id" = ${new Parameter("projectId")} AND p."ownerId" = ${new Parameter("ownerId")}::uuid ${concealForbidden ? Prisma.sql`AND ${role.isReachable}` : Prisma.empty}
    ), ended AS (
      DELETE FROM "ProjectMember" WHERE "projectKey" = (SELECT "key" FROM named) AND "userId" = ${userId}::uuid RETURNING 1
    ), recorded AS (${insertEntries({
      from: Prisma.sql`ended`,
      at: now,
      action: Prisma.sql`'MEMBER_LEFT'`,
      actor: actorParameters,
      ownerId: Prisma.sql`${new Parameter("ownerId")}`,
      projectId: Prisma.sql`${new Parameter("projectId")}`,
    })}) SELECT "role" FROM named`);
}
