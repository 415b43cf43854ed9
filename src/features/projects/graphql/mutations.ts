import { parseInput } from "../../../core/errors/parse-input.js";
import { builder } from "../../../kits/graphql/builder.js";
import { caller } from "../../../kits/graphql/context.js";
import type { Project } from "../../../db/generated/prisma/client.js";
import { ProjectType } from "./type.js";
import {
  createProjectInput,
  DEFAULT_COLOR,
  DEFAULT_ICON,
  deleteProjectInput,
  projectColors,
  projectIcons,
  updateProjectInput,
} from "../input.js";

const CreateProjectInput = builder.inputType("CreateProjectInput", {
  description: "A new project of your own.",
  fields: (t) => ({
    id: t.id({ description: "An id of your choice, 1 to 255 characters, unique among your projects; made for you if absent." }),
    name: t.string({ required: true, description: "The name people see, 1 to 255 characters." }),
    icon: t.string({ description: `One of ${projectIcons.join(", ")}; ${DEFAULT_ICON} if absent.` }),
    color: t.string({ description: `One of ${projectColors.join(", ")}; ${DEFAULT_COLOR} if absent.` }),
  }),
});

const UpdateProjectInput = builder.inputType("UpdateProjectInput", {
  description: "What is to change in a project; what is absent stays.",
  fields: (t) => ({
    id: t.id({ required: true, description: "The project to change." }),
    name: t.string({ description: "A new name, 1 to 255 characters." }),
    icon: t.string({ description: `One of ${projectIcons.join(", ")}; null is ${DEFAULT_ICON}.` }),
    color: t.string({ description: `One of ${projectColors.join(", ")}; null is ${DEFAULT_COLOR}.` }),
  }),
});

const DeleteProjectInput = builder.inputType("DeleteProjectInput", {
  description: "The project to delete, with all its sessions.",
  fields: (t) => ({ id: t.id({ required: true, description: "The project to delete." }) }),
});

type Payload = { readonly project: Project };

const CreateProjectPayload = builder.objectRef<Payload>("CreateProjectPayload").implement({
  description: "The project that was made.",
  fields: (t) => ({ project: t.field({ type: ProjectType, description: "The new project.", resolve: ({ project }) => project }) }),
});

const UpdateProjectPayload = builder.objectRef<Payload>("UpdateProjectPayload").implement({
  description: "The project as it is now.",
  fields: (t) => ({ project: t.field({ type: ProjectType, description: "The changed project.", resolve: ({ project }) => project }) }),
});

const DeleteProjectPayload = builder.objectRef<Payload & { readonly deletedAt: Date }>("DeleteProjectPayload").implement({
  description: "The project as it was.",
  fields: (t) => ({
    deletedProject: t.field({
      type: ProjectType,
      description: "The project that is gone; its sessions are gone with it.",
      resolve: ({ project }) => project,
    }),
    deletedAt: t.expose("deletedAt", { type: "DateTime", nullable: false, description: "When it was deleted." }),
  }),
});

const input = "What to do.";

builder.mutationFields((t) => ({
  createProject: t.field({
    type: CreateProjectPayload,
    description: "Makes a project of your own. CONFLICT if you can reach one with this id already. Needs projects:write.",
    args: { input: t.arg({ type: CreateProjectInput, required: true, description: input }) },
    resolve: async (_root, args, context) => ({
      project: await context.services.projects.create(caller(context), parseInput(createProjectInput, args.input, ["input"])),
    }),
  }),
  updateProject: t.field({
    type: UpdateProjectPayload,
    description: "Changes the name, icon or colour of a project that you own or edit. Needs projects:write.",
    args: { input: t.arg({ type: UpdateProjectInput, required: true, description: input }) },
    resolve: async (_root, args, context) => ({
      project: await context.services.projects.update(caller(context), parseInput(updateProjectInput, args.input, ["input"])),
    }),
  }),
  deleteProject: t.field({
    type: DeleteProjectPayload,
    description: "Deletes a project that you own, with all its sessions. Needs projects:write and sessions:write.",
    args: { input: t.arg({ type: DeleteProjectInput, required: true, description: input }) },
    resolve: (_root, args, context) =>
      context.services.projects.remove(caller(context), parseInput(deleteProjectInput, args.input, ["input"]).id),
  }),
}));
