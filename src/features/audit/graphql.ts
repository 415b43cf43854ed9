import { z } from "zod";
import { allAuditActions, auditActions } from "../../core/audit/actions.js";
import { parseInput } from "../../core/errors/parse-input.js";
import { builder } from "../../kits/graphql/builder.js";
import { pageArguments, toConnection } from "../../kits/graphql/connections.js";
import { caller } from "../../kits/graphql/context.js";
import { encodeCursor } from "../../platform/cursor.js";
import { timeText } from "../../platform/time.js";
import type { AuditCursor, AuditRow } from "./entry-statements.js";
import { auditFilter } from "./input.js";

const AuditActionEnum = builder.enumType("AuditAction", {
  description: "What was done.",
  // Object.fromEntries loses the values' type; each is an action of the table.
  values: Object.fromEntries(allAuditActions.map((action) => [action, { value: action, description: auditActions[action] }])),
});

const AuditEntryType = builder.objectRef<AuditRow>("AuditEntry").implement({
  description: "Something that was done, and by whom. It has no content: no names, titles or texts, no secrets, no hashes.",
  fields: (t) => ({
    id: t.expose("id", { type: "UUID", nullable: false, description: "Names the entry." }),
    at: t.expose("at", { type: "DateTime", nullable: false, description: "When it was done." }),
    action: t.field({ type: AuditActionEnum, nullable: false, description: "What was done.", resolve: ({ action }) => action }),
    actorEmail: t.exposeString("actorEmail", {
      description: "The e-mail address that who did it had then. Null for the command line and the server itself.",
    }),
    keyId: t.expose("keyId", {
      type: "UUID",
      description: "The API key or device with which it was done, which may have ended since. Null for the command line.",
    }),
    ownerId: t.expose("ownerId", {
      type: "UUID",
      description: "The user whose entry it is: the owner of the project, or else of the account. Null concerns the whole server.",
    }),
    projectId: t.exposeID("projectId", { description: "The project in which it was done, which may be gone since." }),
    sessionId: t.expose("sessionId", { type: "UUID", description: "The session to which it was done, which may be gone since." }),
    details: t.field({
      type: "JSONObject",
      nullable: false,
      description: "Ids, addresses and counts; which ones is said at each value of AuditAction.",
      resolve: ({ details }) => details,
    }),
  }),
});

const cursor = z.tuple([timeText, z.guid()]).transform(([at, id]): AuditCursor => ({ at, id }));

// Zod compiles a schema when it is first used, so schemas are made once and not for each request.
const auditLogInput = auditFilter.and(pageArguments(cursor));

builder.queryField("auditLog", (t) =>
  t.connection(
    {
      type: AuditEntryType,
      description:
        "Who did what, the newest first. You see the entries of your projects, whoever did it, also after a project was deleted, and those of your own account; another user's project is FORBIDDEN. Needs projects:read, and without projectId keys:manage too, since it tells of your keys. With admin you see everything.",
      args: {
        projectId: t.arg.id({ description: "Only what was done in this project; with admin, in every project that has this id." }),
        action: t.arg({ type: AuditActionEnum, description: "Only this action." }),
      },
      resolve: (_root, args, context) => {
        const principal = caller(context);
        const { projectId, action, ...page } = parseInput(auditLogInput, args);
        return toConnection<AuditRow, AuditCursor>(page, {
          encode: ({ at, id }) => encodeCursor([at.toISOString(), id]),
          load: (bounds, limit) => context.services.audit.page(principal, { projectId, action }, { bounds, limit }),
        });
      },
    },
    { name: "AuditConnection", description: "A page of the audit log." },
    { name: "AuditEdge", description: "An entry with its place in the list." },
  ),
);
