import { requireScope, type Principal } from "../../core/auth/principal.js";
import type { Query } from "../../db/engine.js";
import { AppError } from "../../core/errors/app-error.js";
import { parseInput } from "../../core/errors/parse-input.js";
import { readHistoryHeader, type Fingerprint } from "./history-file.js";
import { nameConversation } from "./history-name.js";
import { createKnownSessions } from "./known-session.js";
import { saveSessionInput } from "../sessions/input.js";
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

/** The most models in a session's metadata, and the longest name of a model. */
const MOST_MODELS = 100;
const LONGEST_MODEL = 255;

/** Imports conversations from SpecStory's history files. */
export function createHistoryService({ query, sessionWrites }: Dependencies) {
  const sessions = createKnownSessions({ query });
  return {
    /**
     * Stores a conversation unless an equal text is stored already. A session that is replaced keeps its name and all facts
     * that a history file lacks: its raw data, its tags, its branches and the device it came from.
     * @throws CONFLICT if another project of the owner has a session with this id
     */
    async store(principal: Principal, entry: HistoryEntry): Promise<HistoryOutcome> {
      requireScope(principal, "sessions:read");
      const { projectId, projectName, id } = entry;
      const known = await sessions.find(principal, entry);
      if (known !== undefined && known.projectId !== projectId) {
        const message = `The project ${known.projectId} already has a session with the id ${id}`;
        throw new AppError("RESOURCE_CONFLICT", { message, details: { projectId, sessionId: id } });
      }
      if (known !== undefined && (await sessions.hasText(principal, known, entry.fingerprint))) return "unchanged";
      const markdown = await entry.read();
      const header = readHistoryHeader(markdown);
      const turns = readTurns(markdown);
      const input = parseInput(saveSessionInput, {
        id,
        projectId,
        projectName,
        name: known?.name ?? nameConversation(markdown, entry.fileName),
        markdown,
        rawData: known === undefined ? "" : await sessions.rawDataOf(principal, known),
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
