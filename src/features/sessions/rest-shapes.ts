import { z } from "zod";
import { projectShape } from "../projects/rest-shapes.js";
import { isoTime } from "../../kits/rest/shapes.js";
import { mapMetadata, pickMetadata } from "./metadata.js";
import type { SessionSummary } from "./row.js";
import { toEtag } from "./etag.js";

/** A session without its content in REST answers. */
export const sessionSummaryShape = z.object({
  id: z.guid(),
  clientId: z.guid().describe("The same as id"),
  projectId: z.string(),
  name: z.string(),
  markdownSize: z.int().describe("Bytes in UTF-8"),
  rawDataSize: z.int(),
  sessionDataSize: z.int().describe("0 where the conversation cannot be resumed"),
  createdAt: isoTime,
  updatedAt: isoTime,
  startedAt: isoTime.nullable(),
  endedAt: isoTime.nullable(),
  metadata: z.object(
    mapMetadata(
      () => z.string().nullable(),
      () => z.array(z.string()),
    ),
  ),
  etag: z.string().describe("Weak; changes with any change of the session"),
});

export const sessionShape = sessionSummaryShape.extend({
  markdownContent: z.string(),
  project: projectShape.nullable().describe("Null for a key without projects:read"),
});

export function toSessionSummary(session: SessionSummary): z.output<typeof sessionSummaryShape> {
  const { id, projectId, name, markdownSize, rawDataSize, sessionDataSize, createdAt, updatedAt, startedAt, endedAt } = session;
  return {
    id,
    clientId: id,
    projectId,
    name,
    markdownSize,
    rawDataSize,
    sessionDataSize,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    startedAt: startedAt?.toISOString() ?? null,
    endedAt: endedAt?.toISOString() ?? null,
    metadata: pickMetadata(session),
    etag: toEtag(session.etag),
  };
}
