import { parseInput } from "../../core/errors/parse-input.js";
import { builder } from "../../kits/graphql/builder.js";
import { caller } from "../../kits/graphql/context.js";
import { deleteUserInput, userIdInput, usersInput } from "./input.js";
import type { Account, DeletedAccount } from "./service.js";

const UserAccountType = builder.objectRef<Account>("UserAccount").implement({
  description: "A user as admins see one.",
  fields: (t) => ({
    id: t.expose("id", { type: "UUID", nullable: false, description: "The id of the user." }),
    email: t.exposeString("email", { nullable: false, description: "The e-mail address." }),
    createdAt: t.expose("createdAt", { type: "DateTime", nullable: false, description: "When the user was made." }),
    lockedAt: t.expose("lockedAt", {
      type: "DateTime",
      description: "Since when no key of the user works; null if the user is not locked.",
    }),
    storedBytes: t.field({
      type: "NonNegativeFloat",
      nullable: false,
      description: "Bytes of content the user owns, as the storage quota counts them.",
      resolve: ({ storedBytes }) => Number(storedBytes),
    }),
    projectCount: t.exposeInt("projectCount", { nullable: false, description: "How many projects the user owns." }),
    sessionCount: t.exposeInt("sessionCount", { nullable: false, description: "How many sessions these have." }),
    keyCount: t.exposeInt("keyCount", { nullable: false, description: "How many API keys of the user are neither revoked nor expired." }),
    deviceCount: t.exposeInt("deviceCount", { nullable: false, description: "How many devices of the user are signed in." }),
  }),
});

builder.queryField("users", (t) =>
  t.field({
    type: [UserAccountType],
    description: "All users, the oldest first, with what each has. Needs admin.",
    args: {
      limit: t.arg.int({ defaultValue: 100, description: "At most this many, 1 to 200." }),
      offset: t.arg.int({ defaultValue: 0, description: "Skips this many." }),
    },
    resolve: (_root, args, context) => context.services.accounts.listAs(caller(context), parseInput(usersInput, args)),
  }),
);

const LockUserInput = builder.inputType("LockUserInput", {
  description: "The user to lock.",
  fields: (t) => ({ id: t.id({ required: true, description: "The id of the user, not your own." }) }),
});

const UnlockUserInput = builder.inputType("UnlockUserInput", {
  description: "The user to unlock.",
  fields: (t) => ({ id: t.id({ required: true, description: "The id of the user." }) }),
});

const DeleteUserInput = builder.inputType("DeleteUserInput", {
  description: "The user to delete, with everything.",
  fields: (t) => ({
    id: t.id({ required: true, description: "The id of the user, not your own." }),
    confirm: t.boolean({ required: true, description: "False deletes nothing, and answers what would go. True deletes it for good." }),
  }),
});

const LockUserPayload = builder.objectRef<{ readonly user: Account }>("LockUserPayload").implement({
  description: "The user as it is now.",
  fields: (t) => ({ user: t.field({ type: UserAccountType, description: "The locked user.", resolve: ({ user }) => user }) }),
});

const UnlockUserPayload = builder.objectRef<{ readonly user: Account }>("UnlockUserPayload").implement({
  description: "The user as it is now.",
  fields: (t) => ({ user: t.field({ type: UserAccountType, description: "The unlocked user.", resolve: ({ user }) => user }) }),
});

const DeleteUserPayload = builder.objectRef<DeletedAccount>("DeleteUserPayload").implement({
  description: "What would go with a user, or what has gone.",
  fields: (t) => ({
    isDeleted: t.exposeBoolean("isDeleted", { nullable: false, description: "Whether it has gone: what `confirm` was." }),
    user: t.field({
      type: UserAccountType,
      description:
        "The user, whose projects, sessions, bytes, keys and devices go. Of a deletion that goes on after it was broken off, only what was left.",
      resolve: ({ account }) => account,
    }),
    sharedProjectCount: t.int({
      nullable: false,
      description: "How many of the projects are shared with others, who lose them.",
      resolve: ({ ties }) => ties.sharedProjectCount,
    }),
    membershipCount: t.int({
      nullable: false,
      description: "In how many projects of others the user is a member. What the user stored in them stays with their owners.",
      resolve: ({ ties }) => ties.membershipCount,
    }),
    invitationCount: t.int({
      nullable: false,
      description: "How many open invitations there are to the user's address.",
      resolve: ({ ties }) => ties.invitationCount,
    }),
  }),
});

builder.mutationFields((t) => ({
  lockUser: t.field({
    type: LockUserPayload,
    description:
      "Locks a user: when it answers, no key, access token or device of the user works any more, and each is answered ACCOUNT_LOCKED. Nothing is deleted, and what the user shared stays shared. Not yourself, nor the last user with a working admin key. Needs admin.",
    args: { input: t.arg({ type: LockUserInput, required: true, description: "What to do." }) },
    resolve: async (_root, args, context) => ({
      user: await context.services.accounts.lockAs(caller(context), parseInput(userIdInput, args.input, ["input"]).id),
    }),
  }),
  unlockUser: t.field({
    type: UnlockUserPayload,
    description: "Unlocks a user: the keys and devices that were not revoked and have not expired work again. Needs admin.",
    args: { input: t.arg({ type: UnlockUserInput, required: true, description: "What to do." }) },
    resolve: async (_root, args, context) => ({
      user: await context.services.accounts.unlockAs(caller(context), parseInput(userIdInput, args.input, ["input"]).id),
    }),
  }),
  deleteUser: t.field({
    type: DeleteUserPayload,
    description:
      "Deletes a user with all projects, sessions, keys, devices and memberships, or answers what would go. The user is locked first, and much content goes in parts: if it takes longer than an operation may, repeat it, and it goes on with what is left. Not yourself, nor the last user with a working admin key. Needs admin.",
    args: { input: t.arg({ type: DeleteUserInput, required: true, description: "What to do." }) },
    resolve: (_root, args, context) =>
      context.services.accounts.removeAs(caller(context), parseInput(deleteUserInput, args.input, ["input"])),
  }),
}));
