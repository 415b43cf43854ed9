import { parseInput } from "../../core/errors/parse-input.js";
import { builder } from "../../kits/graphql/builder.js";
import { caller } from "../../kits/graphql/context.js";
import { defineLoadersByArguments, defineRowsLoader } from "../../kits/graphql/loaders.js";
import { shortListArguments } from "../../kits/graphql/short-lists.js";
import { shortListInput, type Page } from "../../platform/paging.js";
import { UserType } from "../users/graphql.js";
import { leaveProjectInput, removeMemberInput } from "./input.js";
import type { Member } from "./member-row.js";

export const ProjectRole = builder.enumType("ProjectRole", {
  description: "What a member may do in a project. Its owner may do everything.",
  values: {
    VIEWER: { description: "Read the project and its sessions." },
    EDITOR: { description: "Also store and delete sessions, and change the project's looks." },
  },
});

export const ProjectMemberType = builder.objectRef<Member>("ProjectMember").implement({
  description: "Another user who works in a project.",
  fields: (t) => ({
    user: t.field({ type: UserType, description: "Who it is.", resolve: ({ user }) => user }),
    role: t.expose("role", { type: ProjectRole, nullable: false, description: "What the member may do." }),
    createdAt: t.expose("createdAt", { type: "DateTime", nullable: false, description: "Since when." }),
  }),
});

const membersOf = defineLoadersByArguments((page: Page) =>
  defineRowsLoader(
    (context, keys) => context.services.members.ofProjects(caller(context), keys, page),
    ({ projectKey }) => projectKey,
  ),
);

builder.prismaObjectField("Project", "members", (t) =>
  t.field({
    type: [ProjectMemberType],
    description:
      "The users the project is shared with, the longest first. Its owner is not among them, nor who has not accepted yet. Needs projects:read.",
    args: shortListArguments,
    resolve: ({ key }, args, context) => membersOf(context, parseInput(shortListInput, args)).load(key),
  }),
);

const RemoveProjectMemberInput = builder.inputType("RemoveProjectMemberInput", {
  description: "Who is no longer to work in a project.",
  fields: (t) => ({
    projectId: t.id({ required: true, description: "A project that you own." }),
    email: t.string({ required: true, description: "The e-mail address of the member, or of an open invitation." }),
  }),
});

const LeaveProjectInput = builder.inputType("LeaveProjectInput", {
  description: "The project of another user in which you no longer want to work.",
  fields: (t) => ({
    projectId: t.id({ required: true, description: "The id of the project." }),
    ownerId: t.id({ required: true, description: "The user who owns it; you may have a project of your own with the same id." }),
  }),
});

type Left = { readonly projectId: string; readonly ownerId: string };

const RemoveProjectMemberPayload = builder
  .objectRef<{ readonly projectId: string; readonly email: string }>("RemoveProjectMemberPayload")
  .implement({
    description: "Who was removed from where.",
    fields: (t) => ({
      projectId: t.exposeID("projectId", { nullable: false, description: "The project." }),
      email: t.exposeString("email", { nullable: false, description: "Who is neither a member of it nor invited any more." }),
    }),
  });

const LeaveProjectPayload = builder.objectRef<Left>("LeaveProjectPayload").implement({
  description: "The project that was left.",
  fields: (t) => ({
    projectId: t.exposeID("projectId", { nullable: false, description: "The id of the project." }),
    ownerId: t.exposeID("ownerId", { nullable: false, description: "The user who owns it." }),
  }),
});

builder.mutationFields((t) => ({
  removeProjectMember: t.field({
    type: RemoveProjectMemberPayload,
    description: "Takes a user's access to a project of yours away, or withdraws an open invitation. Needs projects:write.",
    args: { input: t.arg({ type: RemoveProjectMemberInput, required: true, description: "What to do." }) },
    resolve: async (_root, args, context) => {
      const input = parseInput(removeMemberInput, args.input, ["input"]);
      await context.services.members.remove(caller(context), input);
      return input;
    },
  }),
  leaveProject: t.field({
    type: LeaveProjectPayload,
    description: "Ends your own membership in a project of another user. What you stored in it stays with it. Needs projects:write.",
    args: { input: t.arg({ type: LeaveProjectInput, required: true, description: "What to do." }) },
    resolve: async (_root, args, context) => {
      const input = parseInput(leaveProjectInput, args.input, ["input"]);
      await context.services.members.leave(caller(context), input);
      return input;
    },
  }),
}));
