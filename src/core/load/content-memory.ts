import { overloaded } from "./overloaded.js";

/** The caller whose content is held in memory: a key, or an address of callers without one. */
export type ContentOwner = { readonly name: string; readonly isAnonymous: boolean };

/** The memory that one body or one answer takes. */
export type ContentLease = {
  /** Counts further bytes. @throws SERVICE_UNAVAILABLE if the server, or the caller, holds as many as it may */
  readonly add: (bytes: number) => void;
  readonly bytes: () => number;
  /** Gives the memory back. */
  readonly release: () => void;
};

export type ContentMemory = {
  readonly lease: (owner: ContentOwner) => ContentLease;
  /** The most bytes that one caller may hold, so that no body and no answer can be larger. */
  readonly mostOfOne: number;
};

/** The setting of the memory. */
export const MEMORY_SETTING = "MAX_CONTENT_MEMORY_BYTES";

/** What is smaller is never rejected, however much memory others hold. It is counted all the same. */
export const SMALL_BYTES = 100_000;

/** The largest part of the memory that one caller may hold, and all callers without a key together. */
const SHARE_OF_ONE = 0.25;
const SHARE_OF_ANONYMOUS = 0.1;

/**
 * Limits the bytes of all request bodies and answers in memory. Bodies count as they arrive, not as Content-Length announces
 * them. Answers count before their content is read, until they are written.
 */
export function createContentMemory(mostBytes: number): ContentMemory {
  const mostOfOne = Math.floor(mostBytes * SHARE_OF_ONE);
  const byOwner = new Map<string, number>();
  let held = 0;
  let heldByAnonymous = 0;

  function reject({ name, isAnonymous }: ContentOwner, more: number): void {
    const own = (byOwner.get(name) ?? 0) + more;
    const isOverShare = own > mostOfOne || (isAnonymous && heldByAnonymous + more > mostBytes * SHARE_OF_ANONYMOUS);
    if (isOverShare) throw overloaded(`Your requests hold as much content as they may at the same time (${MEMORY_SETTING})`);
    if (held + more > mostBytes) throw overloaded(`The server holds as much content as it can at the moment (${MEMORY_SETTING})`);
  }

  function count({ name, isAnonymous }: ContentOwner, bytes: number): void {
    held += bytes;
    if (isAnonymous) heldByAnonymous += bytes;
    const own = (byOwner.get(name) ?? 0) + bytes;
    if (own === 0) byOwner.delete(name);
    else byOwner.set(name, own);
  }

  return {
    mostOfOne,
    lease(owner) {
      let bytes = 0;
      let isReleased = false;
      return {
        bytes: () => bytes,
        add(more) {
          if (isReleased) return; // its client is gone, and what is still being read is thrown away
          if (bytes + more > SMALL_BYTES) reject(owner, more);
          count(owner, more);
          bytes += more;
        },
        release() {
          if (isReleased) return;
          isReleased = true;
          count(owner, -bytes);
        },
      };
    },
  };
}
