import type { Logger } from "../platform/logger.js";
import type { StoredCredential } from "./authenticate.js";

type Dependencies = { readonly touch: (credential: StoredCredential) => Promise<void>; readonly logger: Logger };

/** Notes when credentials are used, beside the requests: these neither wait for it nor fail with it. */
export function createLastUse({ touch, logger }: Dependencies) {
  const writing = new Map<string, Promise<void>>();

  async function write(credential: StoredCredential): Promise<void> {
    try {
      await touch(credential);
    } catch (error) {
      logger.warn({ err: error, keyId: credential.id }, "last use not stored");
    } finally {
      writing.delete(credential.id);
    }
  }

  return {
    /** Concurrent uses of one credential are written once. */
    note(credential: StoredCredential): void {
      if (!writing.has(credential.id)) writing.set(credential.id, write(credential));
    },
    /** Resolves when nothing is left to write. */
    async settled(): Promise<void> {
      await Promise.all(writing.values());
    },
  };
}
