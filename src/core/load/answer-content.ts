import { AppError } from "../errors/app-error.js";
import type { ContentLease } from "./content-memory.js";

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

export function createAnswerContent(lease: ContentLease, mostBytes: number): AnswerContent {
  return {
    bytes: lease.bytes,
    hold: lease.add,
    reserve(more) {
      if (lease.bytes() + more > mostBytes) throw tooLarge(mostBytes);
      lease.add(more);
    },
  };
}

function tooLarge(limit: number): AppError {
  const message = `The answer would hold more than ${limit} bytes of content (MAX_ANSWER_BYTES)`;
  return new AppError("INVALID_PARAMETER", { message, details: { limit, exceeded: "MAX_ANSWER_BYTES" } });
}
