import { parseInput } from "../../core/errors/parse-input.js";
import { allScopes, isScope, scopes, toScopeEnumName } from "../../core/auth/scopes.js";
import type { ApiKey } from "../../db/generated/prisma/client.js";
import { builder } from "../../kits/graphql/builder.js";
import { caller } from "../../kits/graphql/context.js";
import { shortListArguments } from "../../kits/graphql/short-lists.js";
import { shortListInput } from "../../platform/paging.js";
import { ViewerType } from "../users/graphql.js";
import { createApiKeyInputAt, revokeApiKeyInput } from "./input.js";

const ScopeEnum = builder.enumType("Scope", {
  description: "What an API key may do. In settings and messages they are written `projects:read`.",
  // Object.fromEntries loses the values' type; each is a scope of the table.
  values: Object.fromEntries(
    allScopes.map((scope) => [toScopeEnumName(scope), { value: scope, description: `${scopes[scope]} (${scope}).` }]),
  ),
});

const ApiKeyKindEnum = builder.enumType("ApiKeyKind", {
  description: "What a key is used by.",
  values: {
    API_KEY: { description: "Whoever has its text." },
    DEVICE: { description: "A command-line client that signed in with a device code; its text is the client's refresh token." },
  },
});

const ApiKeyType = builder.prismaObject("ApiKey", {
  description: "An API key. Its text is shown once, when it is made; only a hash of it is stored.",
  fields: (t) => ({
    kind: t.expose("kind", { type: ApiKeyKindEnum, nullable: false, description: "What it is used by." }),
    id: t.expose("id", { type: "UUID", nullable: false, description: "Names the key, to list and revoke it; it is not the key." }),
    userId: t.expose("userId", { type: "UUID", nullable: false, description: "The user the key acts for." }),
    name: t.exposeString("name", { nullable: false, description: "What it is for." }),
    scopes: t.field({ type: [ScopeEnum], nullable: false, description: "What it may do.", resolve: (key) => key.scopes.filter(isScope) }),
    rateLimit: t.exposeString("rateLimit", { description: 'Its own limit, like "500/1h", if it has one instead of the default.' }),
    parentId: t.expose("parentId", {
      type: "UUID",
      description: "The key that made it, and with which it ends. Null for one that no key of the same user made.",
    }),
    createdAt: t.expose("createdAt", { type: "DateTime", nullable: false, description: "When it was made." }),
    expiresAt: t.expose("expiresAt", { type: "DateTime", description: "When it stops working by itself; null is never." }),
    lastUsedAt: t.expose("lastUsedAt", { type: "DateTime", description: "When it was last used, to about a minute; null is never." }),
    revokedAt: t.expose("revokedAt", { type: "DateTime", description: "When it was revoked; null while it works." }),
  }),
});

builder.prismaObjectField(ViewerType, "apiKeys", (t) =>
  t.field({
    type: [ApiKeyType],
    description: "The user's API keys and signed-in devices, the newest first, the revoked ones too. Needs keys:manage.",
    args: shortListArguments,
    resolve: (_viewer, args, context) => context.services.apiKeys.listOwn(caller(context), parseInput(shortListInput, args)),
  }),
);

const CreateApiKeyInput = builder.inputType("CreateApiKeyInput", {
  description: "A new API key.",
  fields: (t) => ({
    name: t.string({ required: true, description: "What it is for, 1 to 255 characters." }),
    scopes: t.field({ type: [ScopeEnum], required: true, description: "What it may do; no scope that your own key lacks." }),
    expiresAt: t.field({
      type: "DateTime",
      description:
        "When it is to stop working. A key for yourself cannot outlive your own key: a later time is a VALIDATION_ERROR, and absent means the end of your own key. Otherwise absent is never.",
    }),
    rateLimit: t.string({
      description:
        'A limit of its own, like "500/1h" or "1000/1h,60/1m"; absent means that of your own key, or else the default. A key for yourself cannot have more than your own key: limits are compared by their hourly rates, window by window. If your own key has the default, more needs admin.',
    }),
    userId: t.field({ type: "UUID", description: "The user it is to act for, yourself if absent; another user needs admin." }),
  }),
});

const RevokeApiKeyInput = builder.inputType("RevokeApiKeyInput", {
  description: "The API key that is to stop working.",
  fields: (t) => ({ id: t.id({ required: true, description: "The id of the key, not its text." }) }),
});

const CreateApiKeyPayload = builder.objectRef<{ readonly apiKey: ApiKey; readonly text: string }>("CreateApiKeyPayload").implement({
  description: "The key that was made, with its text.",
  fields: (t) => ({
    apiKey: t.field({ type: ApiKeyType, description: "The key as it will be listed.", resolve: ({ apiKey }) => apiKey }),
    key: t.exposeString("text", { nullable: false, description: "The text of the key. Keep it now: it cannot be read again." }),
  }),
});

const RevokeApiKeyPayload = builder.objectRef<{ readonly apiKey: ApiKey }>("RevokeApiKeyPayload").implement({
  description: "The key as it is now.",
  fields: (t) => ({ apiKey: t.field({ type: ApiKeyType, description: "The revoked key.", resolve: ({ apiKey }) => apiKey }) }),
});

builder.mutationFields((t) => ({
  createApiKey: t.field({
    type: CreateApiKeyPayload,
    description:
      "Makes an API key. Needs keys:manage, or admin for another user. A key for yourself is a child of your own key, and ends with it. Only an API key itself makes keys, no device and no access token.",
    args: { input: t.arg({ type: CreateApiKeyInput, required: true, description: "What to do." }) },
    resolve: (_root, args, context) =>
      context.services.apiKeys.createAs(caller(context), parseInput(createApiKeyInputAt(context.clock.now()), args.input, ["input"])),
  }),
  revokeApiKey: t.field({
    type: RevokeApiKeyPayload,
    description:
      "Makes an API key, and all keys and devices that it made, stop working at once. Needs keys:manage, or admin for another user's key.",
    args: { input: t.arg({ type: RevokeApiKeyInput, required: true, description: "What to do." }) },
    resolve: async (_root, args, context) => ({
      apiKey: await context.services.apiKeys.revokeAs(caller(context), parseInput(revokeApiKeyInput, args.input, ["input"]).id),
    }),
  }),
}));
