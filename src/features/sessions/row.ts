import type { Project, Session } from "../../db/generated/prisma/client.js";
import { createRowCodec, type Columns } from "../../db/row-codec.js";
import { mapMetadata, type MetadataName, type SessionMetadata } from "./metadata.js";

export type { SessionMetadata } from "./metadata.js";

type Head = Omit<Session, MetadataName | "keywords" | "markdownJsonSize"> & { readonly projectId: string };

/** The values that a query may have read with a session, so that no loader reads them. */
type Preloaded = {
  readonly metadata?: SessionMetadata;
  readonly project?: Project;
  /** The Markdown in its stored form; null where parts continue it, so that the loader reads it. */
  readonly markdown?: string | null;
};

/** A session without its content, as in lists. */
export type SessionRow = Head & Preloaded;

export type SessionSummary = SessionRow & SessionMetadata;

/** All facts of a session except its content, with its project if the key may see it. */
export type SessionDetail = SessionSummary & Pick<Session, "markdownJsonSize">;

const head: Columns<Head> = {
  key: "bigint",
  projectKey: "bigint",
  projectId: { sql: `(SELECT o."id" FROM "Project" o WHERE o."key" = s."projectKey")`, columns: ["projectKey"] },
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

export type SessionColumn = keyof typeof head;
export const sessionColumns = Object.keys(head) as readonly SessionColumn[]; // the keys of a constant

const plain = () => "plain" as const;
const metadata: Columns<SessionMetadata> = mapMetadata(plain, plain);

/** Reads the rows of the table called s. Select it only after the rows are chosen, since it looks up the project of each. */
export const sessionRow = createRowCodec<Head>("s", head);

/** Reads the rows of the table called s with their metadata. */
export const sessionSummary = createRowCodec<Head & SessionMetadata>("s", { ...head, ...metadata });

/** The sizes of a session, and its position in the list of the newest. */
export type SessionSize = Pick<Session, "id" | "createdAt" | "markdownSize" | "sessionDataSize">;

export const sessionSize = createRowCodec<SessionSize>("s", {
  id: "plain",
  createdAt: "time",
  markdownSize: "plain",
  sessionDataSize: "plain",
});

export const sessionMetadata = createRowCodec<SessionMetadata & Pick<Session, "key">>("s", { key: "bigint", ...metadata });

/** Reads fields of the metadata, of the table called s. */
export const metadataOnly = createRowCodec<SessionMetadata>("s", metadata);
