import { parseInput } from "../../core/errors/parse-input.js";
import { builder } from "../../kits/graphql/builder.js";
import { caller } from "../../kits/graphql/context.js";
import { createUserInput } from "./input.js";
import type { User } from "../../db/generated/prisma/client.js";

export const UserType = builder.prismaObject("User", {
  description: "A person who owns projects.",
  fields: (t) => ({
    id: t.expose("id", { type: "UUID", nullable: false, description: "The id of the user." }),
    email: t.exposeString("email", { nullable: false, description: "The e-mail address, which names the user to others." }),
    createdAt: t.expose("createdAt", { type: "DateTime", nullable: false, description: "When the user was made." }),
  }),
});

export const ViewerType = builder.prismaObject("User", {
  variant: "Viewer",
  description: "The user behind the API key, with what only that user may see.",
  fields: (t) => ({
    id: t.expose("id", { type: "UUID", nullable: false, description: "The id of the user." }),
    email: t.exposeString("email", { nullable: false, description: "The e-mail address." }),
    createdAt: t.expose("createdAt", { type: "DateTime", nullable: false, description: "When the user was made." }),
    storedBytes: t.field({
      type: "NonNegativeFloat",
      nullable: false,
      description: "Bytes of content the user owns, as the storage quota counts them.",
      resolve: ({ storedBytes }) => Number(storedBytes),
    }),
  }),
});

builder.queryField("viewer", (t) =>
  t.field({
    type: ViewerType,
    description: "The user behind the API key.",
    resolve: (_root, _args, context) => context.services.users.viewer(caller(context)),
  }),
);

const CreateUserInput = builder.inputType("CreateUserInput", {
  description: "A new user.",
  fields: (t) => ({ email: t.string({ required: true, description: "The e-mail address; no other user may have it." }) }),
});

const CreateUserPayload = builder.objectRef<{ readonly user: User }>("CreateUserPayload").implement({
  description: "The user that was made.",
  fields: (t) => ({
    user: t.field({ type: UserType, description: "The new user. Make a key for them with createApiKey.", resolve: ({ user }) => user }),
  }),
});

builder.mutationField("createUser", (t) =>
  t.field({
    type: CreateUserPayload,
    description: "Makes a user. Needs admin.",
    args: { input: t.arg({ type: CreateUserInput, required: true, description: "What to do." }) },
    resolve: async (_root, args, context) => ({
      user: await context.services.users.createAs(caller(context), parseInput(createUserInput, args.input, ["input"]).email),
    }),
  }),
);
