import { recordAction, toActorValues } from "../../core/audit/record.js";
import { requireScope, type Principal } from "../../core/auth/principal.js";
import type { Query, Transaction } from "../../db/engine.js";
import type { Invitation as InvitationRow, MemberRole, Project } from "../../db/generated/prisma/client.js";
import { AppError } from "../../core/errors/app-error.js";
import { badInput } from "../../core/errors/bad-input.js";
import type { Encoded } from "../../db/row-codec.js";
import type { Clock } from "../../platform/clock.js";
import type { Page } from "../../platform/paging.js";
import type { Random } from "../../platform/random.js";
import { uuidOrNull } from "../../platform/text.js";
import { requireRole } from "../projects/access.js";
import { projectRow } from "../projects/row.js";
import { projectGone, type ProjectService } from "../projects/service.js";
import { acceptOwn, changeRole, declineOwn, invite, listOwn, lockProjectOfOwn, MOST_OPEN } from "./invitation-statements.js";
import { lockProject } from "./lock-project.js";
import { toMember, type Member, type MemberRow } from "./member-row.js";

/** An invitation with what the invited user may know of its project. */
export type Invitation = Omit<InvitationRow, "projectKey"> & {
  readonly projectId: string;
  readonly projectName: string;
  readonly invitedBy: string;
};

/** What became of an address: invited, or a member with another role now. */
export type Invited = { readonly invitation: Invitation | null; readonly member: Member | null };
export type Accepted = { readonly project: Project; readonly role: MemberRole };

type Dependencies = {
  readonly query: Query;
  readonly transaction: Transaction;
  readonly clock: Clock;
  readonly random: Random;
  readonly projects: ProjectService;
};

const LIFETIME_MS = 30 * 86_400_000;

/**
 * Invitations to projects. One counts for nothing until the user with its address accepts it: else a project with the id of
 * somebody's git remote, shared with that somebody, would receive the sessions that they upload next.
 */
export function createInvitationService({ query, transaction, clock, random, projects }: Dependencies) {
  const own = (principal: Principal, id: string) => toOwn(principal, id, clock.now());

  return {
    /**
     * Invites the user with an address, whether or not there is one, and tells nobody which. A member, whom the owner sees in
     * the project anyway, takes the new role at once.
     */
    async invite(principal: Principal, input: { projectId: string; email: string; role: MemberRole }): Promise<Invited> {
      requireScope(principal, "projects:write");
      const { projectId, email, role } = input;
      const project = await projects.find(principal, projectId);
      requireRole(project.role, "OWNER", { projectId });
      const { key, ownerId } = project;
      const entry = { actor: principal, ownerId, projectId, details: { email, role } };
      return transaction(async (run) => {
        const [locked] = await run<{ ownerEmail: string }>(lockProject({ key }));
        if (locked === undefined) throw projectGone(projectId);
        if (locked.ownerEmail === email) throw isOwner();
        const now = clock.now();
        const [found] = await run<MemberRow & { isChanged: boolean }>(changeRole({ key, email, role }));
        if (found !== undefined) {
          const { isChanged, ...member } = found;
          if (isChanged) await recordAction(run, { ...entry, at: now, action: "MEMBER_CHANGED" });
          return { member: toMember(member), invitation: null };
        }
        const expiresAt = new Date(now.getTime() + LIFETIME_MS);
        const [invitation] = await run<InvitationRow>(invite({ id: random.uuid(), key, email, role, now, expiresAt }));
        if (invitation === undefined) throw tooMany(projectId);
        await recordAction(run, { ...entry, at: now, action: "MEMBER_INVITED" });
        return { member: null, invitation: { ...invitation, projectId, projectName: project.name, invitedBy: locked.ownerEmail } };
      }, principal.deadline);
    },

    /** Lists the caller's open invitations, the newest first. */
    async list(principal: Principal, page: Page): Promise<Invitation[]> {
      requireScope(principal, "projects:read");
      return query<Invitation>(listOwn({ ...page, userId: principal.userId, now: clock.now() }), principal.deadline);
    },

    /** Makes the caller a member. @throws NOT_FOUND if the id is not that of an open invitation of the caller */
    async accept(principal: Principal, id: string): Promise<Accepted> {
      requireScope(principal, "projects:write");
      const args = own(principal, id);
      return transaction(async (run) => {
        const isOpen = (await run(lockProjectOfOwn(args))).length > 0;
        const [accepted] = isOpen ? await run<Encoded<{ role: MemberRole }>>(acceptOwn(args)) : [];
        if (accepted === undefined) throw noInvitation(id);
        return { project: projectRow.read(accepted), role: accepted.role };
      }, principal.deadline);
    },

    /** @throws NOT_FOUND if the id is not that of an open invitation of the caller */
    async decline(principal: Principal, id: string): Promise<void> {
      requireScope(principal, "projects:write");
      if ((await query(declineOwn(own(principal, id)), principal.deadline)).length === 0) throw noInvitation(id);
    },
  };
}

/** The values of the statements that answer an invitation of the caller. */
function toOwn(principal: Principal, id: string, now: Date) {
  return { userId: principal.userId, id: uuidOrNull(id), now, ...toActorValues(principal) };
}

function isOwner(): AppError {
  return badInput([{ path: ["input", "email"], reason: "INVALID_PARAMETER", message: "The owner of the project is no member of it" }]);
}

function tooMany(projectId: string): AppError {
  const message = `The project has ${MOST_OPEN} open invitations, which is the most; remove one first`;
  return new AppError("QUOTA_EXCEEDED", { message, details: { projectId, limit: MOST_OPEN } });
}

function noInvitation(id: string): AppError {
  return new AppError("RESOURCE_NOT_FOUND", { message: "Invitation not found", details: { invitationId: id } });
}
