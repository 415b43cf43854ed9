import type { Clock } from "../platform/clock.js";
import { parsePolicy } from "../limiter/policy.js";
import { hashSecret } from "./api-key-text.js";
import { parseBearerToken, unauthenticated } from "./bearer-token.js";
import type { Principal } from "./principal.js";
import { isScope } from "./scopes.js";

/** What is stored of a key, as far as authenticating needs it. */
export type StoredCredential = {
  readonly id: string;
  readonly userId: string;
  readonly scopes: readonly string[];
  readonly rateLimit: string | null;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
};

export type Authenticate = (authorization: string | null) => Promise<Principal | null>;

type Dependencies = {
  readonly findCredential: (hash: string) => Promise<StoredCredential | null>;
  /** Notes that a credential was used; it must not fail. */
  readonly noteUse: (credential: StoredCredential) => void;
  readonly clock: Clock;
};

/** Resolves an Authorization header: null where there is none, and UNAUTHENTICATED where it does not hold. */
export function createAuthenticate({ findCredential, noteUse, clock }: Dependencies): Authenticate {
  return async (authorization) => {
    const token = parseBearerToken(authorization);
    if (token === null) return null;
    const credential = await findCredential(hashSecret(token));
    if (credential === null || credential.revokedAt !== null) throw unauthenticated("INVALID_TOKEN");
    if (credential.expiresAt !== null && credential.expiresAt <= clock.now()) throw unauthenticated("INVALID_TOKEN");
    noteUse(credential);
    return toPrincipal(credential);
  };
}

function toPrincipal({ id, userId, scopes, rateLimit }: StoredCredential): Principal {
  return { keyId: id, userId, scopes: new Set(scopes.filter(isScope)), rateLimit: rateLimit === null ? null : parsePolicy(rateLimit) };
}
