import type { Query } from "../../../db/engine.js";
import type { Clock } from "../../../platform/clock.js";
import type { Deadline } from "../../../platform/deadline.js";
import type { Random } from "../../../platform/random.js";
import { encodeContent } from "../content-codec.js";
import { discardOldParts, discardParts, stagePart } from "./part-statements.js";
import { contentNames, type ContentName, type StoredText } from "./stored-text.js";

export type Staging = ReturnType<typeof createStaging>;

/** The texts of a session that is to be written; null for one that stays. */
export type StoredTexts = Readonly<Record<ContentName, StoredText | null>>;

type Dependencies = { readonly query: Query; readonly clock: Clock; readonly random: Random };

/** Longer than any upload takes, so that older parts are those of a process that has ended. */
const LONGEST_UPLOAD_MS = 3_600_000;

/** The number of parts that continue the texts. */
export function countParts(texts: StoredTexts): number {
  return contentNames.reduce((sum, name) => sum + (texts[name]?.parts.count ?? 0), 0);
}

/**
 * Stores the parts of long texts before a session is written, so that the transaction, which locks the project, is short.
 * Each part is a statement of its own, and those of other callers come in between.
 */
export function createStaging({ query, clock, random }: Dependencies) {
  async function stage(uploadId: string, texts: StoredTexts, deadline: Deadline | undefined): Promise<void> {
    for (const content of contentNames) {
      let index = 0;
      for (const part of texts[content]?.parts ?? []) {
        await query(stagePart({ uploadId, content, index, text: encodeContent(part), at: clock.now() }), deadline);
        index += 1;
      }
    }
  }

  return {
    /** Stores the parts and then does the work, which gives them to the session. If anything fails, it deletes them. */
    async withParts<T>(texts: StoredTexts, deadline: Deadline | undefined, work: (uploadId: string) => Promise<T>): Promise<T> {
      const uploadId = random.uuid();
      await query(discardOldParts({ at: new Date(clock.now().getTime() - LONGEST_UPLOAD_MS) }), deadline);
      try {
        await stage(uploadId, texts, deadline);
        return await work(uploadId);
      } catch (error) {
        // Without the deadline, which may be the failure. What cannot be deleted now is deleted with the old parts.
        await query(discardParts({ uploadId })).catch(() => undefined);
        throw error;
      }
    },
  };
}
