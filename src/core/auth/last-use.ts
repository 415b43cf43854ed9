import type { Clock } from "../../platform/clock.js";
import type { Logger } from "../../platform/logger.js";
import type { StoredCredential } from "./authenticate.js";

type Dependencies = {
  /** Saves that the credential was used now, unless it was saved after `stale`. */
  readonly saveLastUse: (id: string, stale: Date) => Promise<void>;
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

  async function write(id: string, stale: Date): Promise<void> {
    try {
      await saveLastUse(id, stale);
    } catch (error) {
      pausedUntilMs = clock.now().getTime() + PAUSE_MS;
      logger.warn({ err: error, keyId: id }, "last use not stored");
    } finally {
      writing.delete(id);
    }
  }

  return {
    /** Concurrent uses of one credential are written once. */
    record({ id, lastUsedAt }: StoredCredential): void {
      const nowMs = clock.now().getTime();
      const staleMs = nowMs - PRECISION_MS;
      if ((lastUsedAt !== null && lastUsedAt.getTime() > staleMs) || nowMs < pausedUntilMs) return;
      if (!writing.has(id)) writing.set(id, write(id, new Date(staleMs)));
    },
    /** Resolves when nothing is left to write. */
    async settled(): Promise<void> {
      await Promise.all(writing.values());
    },
  };
}
