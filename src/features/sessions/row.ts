import type { Project, Session } from "../../db/generated/prisma/client.js";
import { createRowCodec, type Columns } from "../../db/row-codec.js";

/** What the client told about a conversation. */
export type SessionMetadata = Pick<
  Session,
  "clientName" | "clientVersion" | "agentName" | "deviceId" | "machineName" | "title" | "gitBranches" | "llmModels" | "tags"
>;

/** A session without its content and metadata, as every list holds it. */
export type SessionRow = Omit<Session, keyof SessionMetadata | "keywords" | "markdownJsonSize"> & { readonly projectId: string };

export type SessionSummary = SessionRow & SessionMetadata;

/** All that is known of a session but its content. */
export type SessionDetail = SessionSummary & Pick<Session, "markdownJsonSize"> & { readonly project: Project };

const head: Columns<SessionRow> = {
  key: "bigint",
  projectKey: "bigint",
  projectId: { sql: `(SELECT o."id" FROM "Project" o WHERE o."key" = s."projectKey")` },
  ownerId: "plain",
  id: "plain",
  name: "plain",
  etag: "plain",
  markdownSize: "plain",
  rawDataSize: "plain",
  sessionDataSize: "plain",
  createdAt: "time",
  updatedAt: "time",
  startedAt: "time",
  endedAt: "time",
};

const metadata: Columns<SessionMetadata> = {
  clientName: "plain",
  clientVersion: "plain",
  agentName: "plain",
  deviceId: "plain",
  machineName: "plain",
  title: "plain",
  gitBranches: "plain",
  llmModels: "plain",
  tags: "plain",
};

/** Reads the rows of the table called s. To be selected once the rows are chosen, since it looks each one's project up. */
export const sessionRow = createRowCodec<SessionRow>("s", head);

/** The same with the metadata, for those who always want it. */
export const sessionSummary = createRowCodec<SessionSummary>("s", { ...head, ...metadata });

/** How large a session is, beside its place in the list of the newest. */
export type SessionSize = Pick<Session, "key" | "id" | "createdAt" | "markdownSize" | "sessionDataSize">;

export const sessionSize = createRowCodec<SessionSize>("s", {
  key: "bigint",
  id: "plain",
  createdAt: "time",
  markdownSize: "plain",
  sessionDataSize: "plain",
});

export const sessionMetadata = createRowCodec<SessionMetadata & Pick<Session, "key">>("s", { key: "bigint", ...metadata });
