import type { Clock } from "../../platform/clock.js";
import { createRecentCache } from "../../platform/recent-cache.js";
import { parsePolicy } from "../limits/policy.js";
import { coalesce } from "./coalesce.js";
import { findBearerToken, parseBearerToken, unauthenticated } from "./bearer-token.js";
import type { CredentialKind, Principal } from "./principal.js";
import { isScope } from "./scopes.js";
import { hashSecret } from "./secret-text.js";

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

/** Who is asking, before the database has confirmed it. */
export type Claim = {
  readonly principal: Principal;
  /** Rejects where the credential no longer holds. Nothing may be answered or changed before it has resolved. */
  readonly confirmed: Promise<unknown>;
};

export type Authenticator = {
  /** @returns null where there is no header. @throws UNAUTHENTICATED where it does not hold */
  readonly authenticate: Authenticate;
  /**
   * The same for a credential that was seen before, without a wait: its request may be worked on while the database is asked
   * whether the credential still holds. Null for every other header, which only `authenticate` can judge.
   */
  readonly claim: (authorization: string | null) => Claim | null;
};

/** Finds what is stored of several credentials at once, by the hashes of their texts. */
export type FindCredentials = (hashes: readonly string[]) => Promise<ReadonlyMap<string, StoredCredential>>;

type Dependencies = {
  readonly findCredentials: FindCredentials;
  /** Records that a credential was used; it must not fail. */
  readonly recordUse: (credential: StoredCredential) => void;
  readonly clock: Clock;
  /** Which kinds are let in: a refresh token is good for access tokens only, and an access token for no other. */
  readonly accepted: readonly CredentialKind[];
};

/** So many credentials are remembered, those that were used last. */
const MOST_KNOWN = 5_000;

/**
 * Resolves Authorization headers. Every request asks the database, together with those that come in at the same time, so
 * that a revoked key stops at once on every instance.
 */
export function createAuthenticator({ findCredentials, recordUse, clock, accepted }: Dependencies): Authenticator {
  const known = createRecentCache<Principal>(MOST_KNOWN);

  function judge(hash: string, credential: StoredCredential | undefined): Principal {
    const holds = credential?.revokedAt === null && accepted.includes(credential.kind) && !isExpired(credential, clock.now());
    if (!holds) {
      known.delete(hash);
      throw unauthenticated("INVALID_TOKEN");
    }
    recordUse(credential);
    const remembered = known.get(hash);
    if (remembered !== undefined) return remembered; // what is stored of a credential never changes, but for its end
    const principal = toPrincipal(credential);
    known.set(hash, principal);
    return principal;
  }

  const confirm = coalesce(async (hashes) => {
    const found = await findCredentials(hashes);
    return (hash) => judge(hash, found.get(hash));
  });

  return {
    async authenticate(authorization) {
      const token = parseBearerToken(authorization);
      return token === null ? null : confirm(hashSecret(token));
    },
    claim(authorization) {
      const token = authorization === null ? null : findBearerToken(authorization);
      if (typeof token !== "string") return null;
      const hash = hashSecret(token);
      const principal = known.get(hash);
      return principal === undefined ? null : { principal, confirmed: confirm(hash) };
    },
  };
}

function isExpired({ expiresAt }: StoredCredential, now: Date): boolean {
  return expiresAt !== null && expiresAt <= now;
}

function toPrincipal({ id, userId, kind, scopes, rateLimit, expiresAt }: StoredCredential): Principal {
  const policy = rateLimit === null ? null : parsePolicy(rateLimit);
  return { keyId: id, userId, kind, scopes: new Set(scopes.filter(isScope)), expiresAt, rateLimit: policy };
}
