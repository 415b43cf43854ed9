import { z } from "zod";
import { projectShape } from "../projects/rest-shapes.js";
import { isoTime } from "../../kits/rest/shapes.js";
import type { SessionSummary } from "./row.js";
import { toEtag } from "./etag.js";

const text = z.string().nullable();

/** A session without its content, as REST answers hold it. */
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
  metadata: z.object({
    clientName: text,
    clientVersion: text,
    agentName: text,
    deviceId: text,
    machineName: text,
    title: text,
    gitBranches: z.array(z.string()),
    llmModels: z.array(z.string()),
    tags: z.array(z.string()),
  }),
  etag: z.string().describe("Weak; changes with any change of the session"),
});

export const sessionShape = sessionSummaryShape.extend({ markdownContent: z.string(), project: projectShape });

export function toSessionSummary(session: SessionSummary): z.output<typeof sessionSummaryShape> {
  const { id, projectId, name, markdownSize, rawDataSize, sessionDataSize, createdAt, updatedAt, startedAt, endedAt } = session;
  const { clientName, clientVersion, agentName, deviceId, machineName, title, gitBranches, llmModels, tags } = session;
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
    metadata: { clientName, clientVersion, agentName, deviceId, machineName, title, gitBranches, llmModels, tags },
    etag: toEtag(session.etag),
  };
}
