import { requireScope, type Principal } from "../../core/auth/principal.js";
import type { Query } from "../../db/engine.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import type { Encoded } from "../../db/row-codec.js";
import { AppError } from "../../core/errors/app-error.js";
import { parseInput } from "../../core/errors/parse-input.js";
import { roleOf } from "../projects/access.js";
import { decodeContent } from "../sessions/content-codec.js";
import { readHistoryHeader, type Fingerprint } from "./history-file.js";
import { nameConversation } from "./history-name.js";
import { saveSessionInput } from "../sessions/input.js";
import { sessionSummary, type SessionRow, type SessionSummary } from "../sessions/row.js";
import { readTurns } from "../transcripts/turns.js";
import { toEtag } from "../sessions/etag.js";
import type { SessionWriteService } from "../sessions/write-service.js";

export type HistoryService = ReturnType<typeof createHistoryService>;
export type HistoryOutcome = "imported" | "replaced" | "unchanged";

type Dependencies = { readonly query: Query; readonly sessionWrites: SessionWriteService };

/** One conversation of a history: its project and id, and a function that reads its text when needed. */
export type HistoryEntry = {
  readonly projectId: string;
  readonly projectName: string;
  readonly id: string;
  readonly fileName: string;
  readonly fingerprint: Fingerprint;
  readonly read: () => Promise<string>;
};

type Known = SessionSummary & { readonly sha256: string | null };

/** The most models in a session's metadata, and the longest name of a model. */
const MOST_MODELS = 100;
const LONGEST_MODEL = 255;

/** Imports conversations from SpecStory's history files. */
export function createHistoryService({ query, sessionWrites }: Dependencies) {
  /** Finds the owner's session with this id in any project. The database compares the text, and only if the sizes agree. */
  async function findKnown(principal: Principal, { projectId, id, fingerprint }: HistoryEntry): Promise<Known | undefined> {
    const role = roleOf(principal, Prisma.raw("p"));
    const statement = Prisma.sql`
      SELECT ${sessionSummary.column},
        CASE WHEN s."markdownSize" = ${fingerprint.bytes} THEN encode(sha256(convert_to(c."markdown", 'UTF8')), 'hex') END AS "sha256"
      FROM "Session" s JOIN "SessionContent" c ON c."sessionKey" = s."key"
      WHERE s."id" = ${id}::uuid AND s."ownerId" = COALESCE((
        SELECT p."ownerId" FROM "Project" p ${role.join} WHERE p."id" = ${projectId} AND ${role.isReachable} ORDER BY ${role.order} LIMIT 1
      ), ${principal.userId}::uuid)`;
    const rows = await query<Encoded<{ sha256: string | null }>>(statement, principal.deadline);
    return rows.map(sessionSummary.read)[0];
  }

  async function rawDataOf({ deadline }: Principal, { id, key, rawDataSize }: SessionRow): Promise<string> {
    if (rawDataSize === 0) return "";
    const [found] = await query<{ rawData: string }>(
      Prisma.sql`SELECT "rawData" FROM "SessionContent" WHERE "sessionKey" = ${key}`,
      deadline,
    );
    if (found === undefined) throw new AppError("RESOURCE_NOT_FOUND", { message: "Session not found", details: { sessionId: id } });
    return decodeContent(found.rawData);
  }

  return {
    /**
     * Stores a conversation unless an equal text is stored already. A session that is replaced keeps its name and all facts
     * that a history file lacks: its raw data, its tags, its branches and the device it came from.
     * @throws CONFLICT if another project of the owner has a session with this id
     */
    async store(principal: Principal, entry: HistoryEntry): Promise<HistoryOutcome> {
      requireScope(principal, "sessions:read");
      const { projectId, projectName, id } = entry;
      const known = await findKnown(principal, entry);
      if (known !== undefined && known.projectId !== projectId) {
        const message = `The project ${known.projectId} already has a session with the id ${id}`;
        throw new AppError("RESOURCE_CONFLICT", { message, details: { projectId, sessionId: id } });
      }
      if (known?.sha256 === entry.fingerprint.sha256) return "unchanged";
      const markdown = await entry.read();
      const header = readHistoryHeader(markdown);
      const turns = readTurns(markdown);
      const input = parseInput(saveSessionInput, {
        id,
        projectId,
        projectName,
        name: known?.name ?? nameConversation(markdown, entry.fileName),
        markdown,
        rawData: known === undefined ? "" : await rawDataOf(principal, known),
        startedAt: turns.startedAt ?? known?.startedAt,
        endedAt: turns.endedAt ?? known?.endedAt,
        metadata: { ...(known ?? { clientName: "specstory" }), agentName: header.agentName, llmModels: nameable(turns.llmModels) },
        expectedEtag: known === undefined ? null : toEtag(known.etag),
      });
      const { created } = await sessionWrites.save(principal, input, { createdAt: header.beganAt ?? turns.startedAt ?? undefined });
      return created ? "imported" : "replaced";
    },
  };
}

/** Keeps the models whose names can be stored: a line that only looks like a turn must not make the import of its conversation fail. */
function nameable(models: readonly string[]): string[] {
  return models.filter((model) => model.length <= LONGEST_MODEL && !model.includes("\0")).slice(0, MOST_MODELS);
}
