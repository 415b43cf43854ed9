import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

export type PendingAnswers = ReturnType<typeof createPendingAnswers>;

/**
 * Knows the answers that are not written yet, and lets go of each as soon as it is. A connection that kept its last answer until
 * the next would let it outlive the quick garbage collections, which slows every request down.
 */
export function createPendingAnswers(onWritten: () => void) {
  const latest = new Map<Duplex, ServerResponse>();
  let count = 0;
  return {
    add(outgoing: ServerResponse): void {
      const { socket } = outgoing.req;
      count += 1;
      latest.set(socket, outgoing);
      outgoing.on("close", () => {
        count -= 1;
        if (latest.get(socket) === outgoing) latest.delete(socket); // else a request that follows is there already
        onWritten();
      });
    },
    /** The last answer that a connection waits for. */
    latestOf: (socket: Duplex): ServerResponse | undefined => latest.get(socket),
    count: (): number => count,
  };
}
