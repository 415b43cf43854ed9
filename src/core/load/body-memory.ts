import { overloaded } from "./overloaded.js";

/** What one request takes of the memory for bodies. */
export type BodyLease = {
  /** Counts bytes that have arrived. @throws SERVICE_UNAVAILABLE where there is no memory left for them */
  readonly add: (bytes: number) => void;
  /** Gives everything back. */
  readonly release: () => void;
};

export type BodyMemory = { readonly lease: () => BodyLease };

/** Bounds the bytes of all request bodies that lie in memory at once. Bytes count when they arrive, not when they are announced. */
export function createBodyMemory(mostBytes: number): BodyMemory {
  let held = 0;
  return {
    lease() {
      let bytes = 0;
      return {
        add(more) {
          if (held + more > mostBytes) throw overloaded("The server holds as many request bodies as it can at the moment");
          held += more;
          bytes += more;
        },
        release() {
          held -= bytes;
          bytes = 0;
        },
      };
    },
  };
}
