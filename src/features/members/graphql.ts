import { parseInput } from "../../core/errors/parse-input.js";
import { builder } from "../../kits/graphql/builder.js";
import { caller } from "../../kits/graphql/context.js";
import { defineRowsLoader } from "../../kits/graphql/loaders.js";
import { UserType } from "../users/graphql.js";
import { addMemberInput, removeMemberInput } from "../projects/input.js";
import type { Member } from "./service.js";

const ProjectRole = builder.enumType("ProjectRole", {
  description: "What a member may do in a project. Its owner may do everything.",
  values: {
    VIEWER: { description: "Read the project and its sessions." },
    EDITOR: { description: "Also store and delete sessions, and change the project's looks." },
  },
});

const ProjectMemberType = builder.objectRef<Member>("ProjectMember").implement({
  description: "Another user who works in a project.",
  fields: (t) => ({
    user: t.field({ type: UserType, description: "Who it is.", resolve: ({ user }) => user }),
    role: t.expose("role", { type: ProjectRole, nullable: false, description: "What the member may do." }),
    createdAt: t.expose("createdAt", { type: "DateTime", nullable: false, description: "Since when." }),
  }),
});

const membersOf = defineRowsLoader(
  (context, keys) => context.services.members.ofProjects(caller(context), keys),
  ({ projectKey }) => projectKey,
);

builder.prismaObjectField("Project", "members", (t) =>
  t.field({
    type: [ProjectMemberType],
    description: "The users the project is shared with, the longest first. Its owner is not among them.",
    resolve: ({ key }, _args, context) => membersOf(context).load(key),
  }),
);

const AddProjectMemberInput = builder.inputType("AddProjectMemberInput", {
  description: "Who is to work in a project, and what they may do.",
  fields: (t) => ({
    projectId: t.id({ required: true, description: "A project that you own." }),
    email: t.string({ required: true, description: "The e-mail address of the user, who must exist." }),
    role: t.field({ type: ProjectRole, required: true, description: "What the user may do; replaces the role of a member." }),
  }),
});

const RemoveProjectMemberInput = builder.inputType("RemoveProjectMemberInput", {
  description: "Who is no longer to work in a project.",
  fields: (t) => ({
    projectId: t.id({ required: true, description: "A project that you own." }),
    email: t.string({ required: true, description: "The e-mail address of the member." }),
  }),
});

const AddProjectMemberPayload = builder.objectRef<{ readonly member: Member }>("AddProjectMemberPayload").implement({
  description: "The member as it is now.",
  fields: (t) => ({
    member: t.field({ type: ProjectMemberType, description: "The new or changed member.", resolve: ({ member }) => member }),
  }),
});

const RemoveProjectMemberPayload = builder
  .objectRef<{ readonly projectId: string; readonly email: string }>("RemoveProjectMemberPayload")
  .implement({
    description: "Who was removed from where.",
    fields: (t) => ({
      projectId: t.exposeID("projectId", { nullable: false, description: "The project." }),
      email: t.exposeString("email", { nullable: false, description: "The user who is no member of it any more." }),
    }),
  });

builder.mutationFields((t) => ({
  addProjectMember: t.field({
    type: AddProjectMemberPayload,
    description: "Shares a project of yours with a user. Needs projects:write.",
    args: { input: t.arg({ type: AddProjectMemberInput, required: true, description: "What to do." }) },
    resolve: async (_root, args, context) => ({
      member: await context.services.members.add(caller(context), parseInput(addMemberInput, args.input, ["input"])),
    }),
  }),
  removeProjectMember: t.field({
    type: RemoveProjectMemberPayload,
    description: "Takes a user's access to a project of yours away. Needs projects:write.",
    args: { input: t.arg({ type: RemoveProjectMemberInput, required: true, description: "What to do." }) },
    resolve: async (_root, args, context) => {
      const input = parseInput(removeMemberInput, args.input, ["input"]);
      await context.services.members.remove(caller(context), input);
      return input;
    },
  }),
}));
