import { AppError } from "../errors/app-error.js";
import type { ContentLease } from "./content-memory.js";

/** The content of one answer, which is held in memory until it is written. */
export type AnswerContent = {
  /**
   * Counts the bytes of a content before it is read.
   * @throws VALIDATION_ERROR if the answer would be larger than it may, SERVICE_UNAVAILABLE if there is no memory for it
   */
  readonly reserve: (bytes: number) => void;
  readonly bytes: () => number;
};

/** @param mostBytes null if the answer is streamed, so that only the memory limits it */
export function createAnswerContent(lease: ContentLease, mostBytes: number | null): AnswerContent {
  return {
    bytes: lease.bytes,
    reserve(more) {
      if (mostBytes !== null && lease.bytes() + more > mostBytes) throw tooLarge(mostBytes);
      lease.add(more);
    },
  };
}

function tooLarge(limit: number): AppError {
  const message = `The answer would hold more than ${limit} bytes of content (MAX_ANSWER_BYTES)`;
  return new AppError("INVALID_PARAMETER", { message, details: { limit, exceeded: "MAX_ANSWER_BYTES" } });
}
