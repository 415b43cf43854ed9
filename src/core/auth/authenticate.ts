import type { Clock } from "../../platform/clock.js";
import { parsePolicy } from "../limits/policy.js";
import { hashSecret } from "./secret-text.js";
import { parseBearerToken, unauthenticated } from "./bearer-token.js";
import type { CredentialKind, Principal } from "./principal.js";
import { isScope } from "./scopes.js";

/** What is stored of a key, as far as authentication needs it. An access token counts as its key, with an earlier end. */
export type StoredCredential = {
  readonly kind: CredentialKind;
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
  /** Records that a credential was used; it must not fail. */
  readonly recordUse: (credential: StoredCredential) => void;
  readonly clock: Clock;
  /** What lets in: a refresh token is good for access tokens only, and an access token for no other. */
  readonly accepted: readonly CredentialKind[];
};

/** Resolves an Authorization header: null where there is none, and UNAUTHENTICATED where it does not hold. */
export function createAuthenticate({ findCredential, recordUse, clock, accepted }: Dependencies): Authenticate {
  return async (authorization) => {
    const token = parseBearerToken(authorization);
    if (token === null) return null;
    const credential = await findCredential(hashSecret(token));
    if (credential === null || credential.revokedAt !== null || !accepted.includes(credential.kind)) throw unauthenticated("INVALID_TOKEN");
    if (credential.expiresAt !== null && credential.expiresAt <= clock.now()) throw unauthenticated("INVALID_TOKEN");
    recordUse(credential);
    return toPrincipal(credential);
  };
}

function toPrincipal({ id, userId, kind, scopes, rateLimit, expiresAt }: StoredCredential): Principal {
  const policy = rateLimit === null ? null : parsePolicy(rateLimit);
  return { keyId: id, userId, kind, scopes: new Set(scopes.filter(isScope)), expiresAt, rateLimit: policy };
}
