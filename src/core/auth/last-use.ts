import type { Clock } from "../../platform/clock.js";
import type { Logger } from "../../platform/logger.js";
import type { StoredCredential } from "./authenticate.js";

type Dependencies = {
  /** Saves that the credential was used now, unless it was within so much time. */
  readonly saveLastUse: (id: string, precisionMs: number) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** The time of a last use is saved again only when it is this old: a write for every request would cost more than the request. */
const PRECISION_MS = 60_000;

/** After a failed write nothing is recorded for this long: a read-only database rejects every one of them. */
const PAUSE_MS = 60_000;

/** Records when credentials are used. It writes in the background: no request waits for it or fails with it. */
export function createLastUse({ saveLastUse, clock, logger }: Dependencies) {
  const writing = new Map<string, Promise<void>>();
  let pausedUntilMs = Number.NEGATIVE_INFINITY;

  async function write(id: string): Promise<void> {
    try {
      await saveLastUse(id, PRECISION_MS);
    } catch (error) {
      pausedUntilMs = clock.monotonicMs() + PAUSE_MS;
      logger.warn({ err: error, keyId: id }, "last use not stored");
    } finally {
      writing.delete(id);
    }
  }

  return {
    /** Concurrent uses of one credential are written once. */
    record({ id, lastUsedAt }: StoredCredential): void {
      if (clock.monotonicMs() < pausedUntilMs) return;
      // One that lies far ahead was saved before the system's time was set back.
      if (lastUsedAt !== null && Math.abs(clock.now().getTime() - lastUsedAt.getTime()) < PRECISION_MS) return;
      if (!writing.has(id)) writing.set(id, write(id));
    },
    /** Resolves when nothing is left to write. */
    async settled(): Promise<void> {
      await Promise.all(writing.values());
    },
  };
}
