import type { Clock } from "../../platform/clock.js";
import type { Logger } from "../../platform/logger.js";
import type { StoredCredential } from "./authenticate.js";

type Dependencies = { readonly touch: (credential: StoredCredential) => Promise<void>; readonly clock: Clock; readonly logger: Logger };

/** How long nothing is noted once the database would not store it: as read-only it has refused, and will refuse, every one. */
const PAUSE_MS = 60_000;

/** Notes when credentials are used, beside the requests: these neither wait for it nor fail with it. */
export function createLastUse({ touch, clock, logger }: Dependencies) {
  const writing = new Map<string, Promise<void>>();
  let pausedUntilMs = Number.NEGATIVE_INFINITY;

  async function write(credential: StoredCredential): Promise<void> {
    try {
      await touch(credential);
    } catch (error) {
      pausedUntilMs = clock.now().getTime() + PAUSE_MS;
      logger.warn({ err: error, keyId: credential.id }, "last use not stored");
    } finally {
      writing.delete(credential.id);
    }
  }

  return {
    /** Concurrent uses of one credential are written once. */
    note(credential: StoredCredential): void {
      if (clock.now().getTime() < pausedUntilMs) return;
      if (!writing.has(credential.id)) writing.set(credential.id, write(credential));
    },
    /** Resolves when nothing is left to write. */
    async settled(): Promise<void> {
      await Promise.all(writing.values());
    },
  };
}
