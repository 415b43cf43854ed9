import { builder } from "../../../kits/graphql/builder.js";
import { caller } from "../../../kits/graphql/context.js";
import { defineLoader, defineRowLoader } from "../../../kits/graphql/loaders.js";
import { ProjectType } from "../../projects/graphql/type.js";
import { decodeContent } from "../content-codec.js";
import { toEtag } from "../etag.js";
import { STORED_SESSION } from "./look-ahead.js";
import { mapMetadata, type SessionMetadata } from "../metadata.js";
import { sessionOrders } from "../order.js";
import type { SessionRow } from "../row.js";

export const SessionOrderEnum = builder.enumType("SessionOrder", {
  description: "How sessions are ordered. Ties are broken by id; what has no such value comes last.",
  values: Object.fromEntries(sessionOrders.map((order) => [order, { value: order, description: `By ${describeOrder(order)}.` }])) as Record<
    (typeof sessionOrders)[number],
    { value: (typeof sessionOrders)[number]; description: string }
  >, // Object.fromEntries loses the keys' types
});

function describeOrder(order: string): string {
  const name = order
    .replace(/_(ASC|DESC)$/, "")
    .toLowerCase()
    .replace("_at", "")
    .replaceAll("_", " ");
  const isTime = order.includes("_AT_");
  const direction = order.endsWith("_ASC") ? (isTime ? "the earliest first" : "ascending") : isTime ? "the latest first" : "descending";
  return `${isTime ? `the time it was ${name}` : name}, ${direction}`;
}

const SessionMetadataType = builder.objectRef<SessionMetadata>("SessionMetadata").implement({
  description: "What the client told about the conversation.",
  fields: (t) =>
    mapMetadata(
      ({ description }, name) => t.string({ description, resolve: (metadata) => metadata[name] }),
      ({ description }, name) => t.stringList({ nullable: false, description, resolve: (metadata) => metadata[name] }),
    ),
});

const projectOf = defineRowLoader(
  (context, keys) => context.services.projects.byKeys(caller(context), keys),
  ({ key }) => key,
);

const metadataOf = defineRowLoader(
  (context, keys) => context.services.sessions.metadataOf(caller(context), keys),
  ({ key }) => key,
);

const markdownOf = defineLoader(async (context, keys) => {
  const texts = await context.services.sessions.markdownOf(caller(context), keys);
  return (key) => texts.get(key) ?? null;
});

/** The interface of every kind of session, so that one fragment serves them all. */
export const SessionInterface = builder.interfaceRef<SessionRow>("Session").implement({
  description: "One conversation with a coding agent.",
  // Search results and related sessions are marked with their types when they are made. Every other session is a stored one.
  resolveType: () => STORED_SESSION,
  fields: (t) => ({
    id: t.expose("id", { type: "UUID", nullable: false, description: "Given by the client; unique per owner." }),
    projectId: t.exposeID("projectId", { nullable: false, description: "The id of the project it belongs to." }),
    project: t.field({
      type: ProjectType,
      description: "The project it belongs to. Needs projects:read.",
      extensions: { columns: [] }, // the look-ahead reads it with the session
      resolve: ({ project, projectKey }, _args, context) => project ?? projectOf(context).load(projectKey),
    }),
    name: t.exposeString("name", { nullable: false, description: "The name people see." }),
    markdownContent: t.string({
      description:
        "The conversation as Markdown, byte for byte as it was stored. Null with an error if the answer would hold more content than the server's MAX_ANSWER_BYTES. Needs sessions:read.",
      extensions: { columns: ["key", "markdownSize"] },
      resolve({ key, markdown, markdownSize }, _args, context) {
        context.state.content.reserve(markdownSize);
        return markdown == null ? markdownOf(context).load(key) : decodeContent(markdown);
      },
    }),
    markdownSize: t.exposeInt("markdownSize", { nullable: false, description: "Bytes of the Markdown in UTF-8." }),
    rawDataSize: t.exposeInt("rawDataSize", { nullable: false, description: "Bytes of the agent's raw data in UTF-8." }),
    etag: t.string({
      nullable: false,
      description: "A weak entity tag that changes with any change of the session; for expectedEtag.",
      resolve: ({ etag }) => toEtag(etag),
    }),
    createdAt: t.expose("createdAt", {
      type: "DateTime",
      nullable: false,
      description: "When it was first stored, or for an imported one when it was begun.",
    }),
    updatedAt: t.expose("updatedAt", { type: "DateTime", nullable: false, description: "When it was last stored." }),
    startedAt: t.expose("startedAt", { type: "DateTime", description: "When the conversation began, if that is known." }),
    endedAt: t.expose("endedAt", { type: "DateTime", description: "When the conversation ended, if that is known." }),
    metadata: t.field({
      type: SessionMetadataType,
      description: "What the client told about it. Needs sessions:read.",
      extensions: { columns: [] }, // the look-ahead reads it with the session
      resolve: ({ key, metadata }, _args, context) => metadata ?? metadataOf(context).load(key),
    }),
  }),
});

builder.objectRef<SessionRow>(STORED_SESSION).implement({
  description: "A session as it is stored.",
  interfaces: [SessionInterface],
});
