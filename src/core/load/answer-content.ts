import { AppError } from "../errors/app-error.js";
import { MEMORY_SETTING, type ContentLease, type ContentMemory } from "./content-memory.js";

/** The content of one answer, which is held in memory until it is written. */
export type AnswerContent = {
  /**
   * Counts the bytes of a content before it is read.
   * @throws VALIDATION_ERROR if the answer would be larger than it may, SERVICE_UNAVAILABLE if there is no memory for it
   */
  readonly reserve: (bytes: number) => void;
  /** Counts the bytes of a content that REST sends, which is bounded by the memory alone. @throws SERVICE_UNAVAILABLE */
  readonly hold: (bytes: number) => void;
  readonly bytes: () => number;
};

/** The most bytes of content in one answer, and the setting that limits them. */
export type AnswerLimit = { readonly bytes: number; readonly setting: string };

/** Limits answers to what the memory can hold of one caller: for a larger one there would be no memory at any time. */
export function toAnswerLimit(answerBytes: number, { mostOfOne }: Pick<ContentMemory, "mostOfOne">): AnswerLimit {
  return mostOfOne < answerBytes ? { bytes: mostOfOne, setting: MEMORY_SETTING } : { bytes: answerBytes, setting: "MAX_ANSWER_BYTES" };
}

export function createAnswerContent(lease: ContentLease, { bytes: mostBytes, setting }: AnswerLimit): AnswerContent {
  return {
    bytes: lease.bytes,
    hold: lease.add,
    reserve(more) {
      if (lease.bytes() + more > mostBytes) throw tooLarge(mostBytes, setting);
      lease.add(more);
    },
  };
}

function tooLarge(limit: number, setting: string): AppError {
  const message = `The answer would hold more than ${limit} bytes of content (${setting})`;
  return new AppError("INVALID_PARAMETER", { message, details: { limit, exceeded: setting } });
}
