import type { Clock } from "../../platform/clock.js";
import type { Logger } from "../../platform/logger.js";
import type { StoredCredential } from "./authenticate.js";

type Dependencies = {
  readonly saveLastUse: (credential: StoredCredential) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** After a failed write nothing is recorded for this long: a read-only database rejects every one of them. */
const PAUSE_MS = 60_000;

/** Records when credentials are used. It writes in the background: no request waits for it or fails with it. */
export function createLastUse({ saveLastUse, clock, logger }: Dependencies) {
  const writing = new Map<string, Promise<void>>();
  let pausedUntilMs = Number.NEGATIVE_INFINITY;

  async function write(credential: StoredCredential): Promise<void> {
    try {
      await saveLastUse(credential);
    } catch (error) {
      pausedUntilMs = clock.now().getTime() + PAUSE_MS;
      logger.warn({ err: error, keyId: credential.id }, "last use not stored");
    } finally {
      writing.delete(credential.id);
    }
  }

  return {
    /** Concurrent uses of one credential are written once. */
    record(credential: StoredCredential): void {
      if (clock.now().getTime() < pausedUntilMs) return;
      if (!writing.has(credential.id)) writing.set(credential.id, write(credential));
    },
    /** Resolves when nothing is left to write. */
    async settled(): Promise<void> {
      await Promise.all(writing.values());
    },
  };
}
