import { overloaded } from "./overloaded.js";

/** The share of one request in the memory for bodies. */
export type BodyLease = {
  /** Counts bytes that have arrived. @throws SERVICE_UNAVAILABLE if no memory is left for them */
  readonly add: (bytes: number) => void;
  /** Gives the memory back. */
  readonly release: () => void;
};

export type BodyMemory = { readonly lease: () => BodyLease };

/** Limits the bytes of all request bodies in memory. Bytes count when they arrive, not when Content-Length announces them. */
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
