import { parseInput } from "../../core/errors/parse-input.js";
import { builder } from "../../kits/graphql/builder.js";
import { caller } from "../../kits/graphql/context.js";
import { ProjectType } from "../projects/graphql.js";
import { ViewerType } from "../users/graphql.js";
import { ProjectMemberType, ProjectRole } from "./graphql.js";
import { addMemberInput, invitationIdInput, invitationsInput } from "./input.js";
import type { Accepted, Invitation, Invited } from "./invitation-service.js";

type NamedProject = Pick<Invitation, "projectId" | "projectName">;

const InvitedProjectType = builder.objectRef<NamedProject>("InvitedProject").implement({
  description: "What an invitation tells about its project before it is accepted.",
  fields: (t) => ({
    id: t.exposeID("projectId", { nullable: false, description: "The id of the project." }),
    name: t.exposeString("projectName", { nullable: false, description: "The name people see." }),
  }),
});

const InvitationType = builder.objectRef<Invitation>("Invitation").implement({
  description: "An offer to work in a project of another user. It counts for nothing until it is accepted.",
  fields: (t) => ({
    id: t.expose("id", { type: "UUID", nullable: false, description: "Names the invitation, to accept or decline it." }),
    project: t.field({ type: InvitedProjectType, nullable: false, description: "The project.", resolve: (invitation) => invitation }),
    email: t.exposeString("email", { nullable: false, description: "The address that is invited." }),
    role: t.expose("role", { type: ProjectRole, nullable: false, description: "What the member may do." }),
    invitedBy: t.exposeString("invitedBy", { nullable: false, description: "The e-mail address of who invited." }),
    createdAt: t.expose("createdAt", { type: "DateTime", nullable: false, description: "When it was made or last renewed." }),
    expiresAt: t.expose("expiresAt", { type: "DateTime", nullable: false, description: "When it becomes void: 30 days after createdAt." }),
  }),
});

builder.prismaObjectField(ViewerType, "invitations", (t) =>
  t.field({
    type: [InvitationType],
    description: "The open invitations to your e-mail address, the newest first. Needs projects:read.",
    args: {
      limit: t.arg.int({ defaultValue: 100, description: "At most this many, 1 to 200." }),
      offset: t.arg.int({ defaultValue: 0, description: "Skips this many." }),
    },
    resolve: (_viewer, args, context) => context.services.invitations.list(caller(context), parseInput(invitationsInput, args)),
  }),
);

const AddProjectMemberInput = builder.inputType("AddProjectMemberInput", {
  description: "Who is to work in a project, and what they may do.",
  fields: (t) => ({
    projectId: t.id({ required: true, description: "A project that you own." }),
    email: t.string({ required: true, description: "The e-mail address to invite, whether or not a user has it yet." }),
    role: t.field({
      type: ProjectRole,
      required: true,
      description: "What the user may do; replaces the role of an open invitation, and that of a member at once.",
    }),
  }),
});

const AcceptInvitationInput = builder.inputType("AcceptInvitationInput", {
  description: "The invitation to accept.",
  fields: (t) => ({ id: t.id({ required: true, description: "An open invitation of yours." }) }),
});

const DeclineInvitationInput = builder.inputType("DeclineInvitationInput", {
  description: "The invitation to decline.",
  fields: (t) => ({ id: t.id({ required: true, description: "An open invitation of yours." }) }),
});

const AddProjectMemberPayload = builder.objectRef<Invited>("AddProjectMemberPayload").implement({
  description: "The invitation that was made, or the member whose role was changed.",
  fields: (t) => ({
    invitation: t.field({
      type: InvitationType,
      description: "The invitation as it is now; null if the address is that of a member.",
      resolve: ({ invitation }) => invitation,
    }),
    member: t.field({
      type: ProjectMemberType,
      description: "The member with the new role; null if the address is that of no member yet.",
      resolve: ({ member }) => member,
    }),
  }),
});

const AcceptInvitationPayload = builder.objectRef<Accepted>("AcceptInvitationPayload").implement({
  description: "What the invitation gave access to.",
  fields: (t) => ({
    project: t.field({
      type: ProjectType,
      description: "The project that is shared with you now. Its id still means your own project if you have one with it.",
      resolve: ({ project }) => project,
    }),
    role: t.expose("role", { type: ProjectRole, nullable: false, description: "What you may do in it." }),
  }),
});

const DeclineInvitationPayload = builder.objectRef<{ readonly id: string }>("DeclineInvitationPayload").implement({
  description: "The invitation that is gone.",
  fields: (t) => ({ id: t.exposeID("id", { nullable: false, description: "Its id." }) }),
});

builder.mutationFields((t) => ({
  addProjectMember: t.field({
    type: AddProjectMemberPayload,
    description:
      "Invites a user to a project of yours. The answer does not tell whether a user has the address. At most 100 open invitations a project. Needs projects:write.",
    args: { input: t.arg({ type: AddProjectMemberInput, required: true, description: "What to do." }) },
    resolve: (_root, args, context) =>
      context.services.invitations.invite(caller(context), parseInput(addMemberInput, args.input, ["input"])),
  }),
  acceptInvitation: t.field({
    type: AcceptInvitationPayload,
    description: "Makes you a member of the project that you were invited to. Needs projects:write.",
    args: { input: t.arg({ type: AcceptInvitationInput, required: true, description: "What to do." }) },
    resolve: (_root, args, context) =>
      context.services.invitations.accept(caller(context), parseInput(invitationIdInput, args.input, ["input"]).id),
  }),
  declineInvitation: t.field({
    type: DeclineInvitationPayload,
    description: "Deletes an invitation of yours. Nobody is told, and you can be invited again. Needs projects:write.",
    args: { input: t.arg({ type: DeclineInvitationInput, required: true, description: "What to do." }) },
    resolve: async (_root, args, context) => {
      const input = parseInput(invitationIdInput, args.input, ["input"]);
      await context.services.invitations.decline(caller(context), input.id);
      return input;
    },
  }),
}));
