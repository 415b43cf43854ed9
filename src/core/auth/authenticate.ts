import type { Clock } from "../../platform/clock.js";
import { createRecentCache } from "../../platform/recent-cache.js";
import { parsePolicy } from "../limits/policy.js";
import { coalesce } from "./coalesce.js";
import { parseBearerToken, unauthenticated } from "./bearer-token.js";
import type { CredentialKind, Principal } from "./principal.js";
import { isScope } from "./scopes.js";
import { hashSecret } from "./secret-text.js";
import { TRUST_MS } from "./trust.js";

/** What is stored of a key, as far as authentication needs it. An access token counts as its key, with an earlier end. */
export type StoredCredential = {
  readonly kind: CredentialKind;
  readonly id: string;
  readonly budgetId: string;
  readonly userId: string;
  readonly scopes: readonly string[];
  readonly rateLimit: string | null;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
  /** Since when the user is locked. */
  readonly lockedAt: Date | null;
};

/** Resolves an Authorization header to its principal, or to null where there is no header. @throws UNAUTHENTICATED where it does not hold */
export type Authenticate = (authorization: string | null) => Promise<Principal | null>;

export type Authenticator = {
  readonly authenticate: Authenticate;
  /** Returns whose header this was when it was read last, which may have ended since. Null for one that is not known. */
  readonly recall: (authorization: string | undefined) => Principal | null;
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

/** What was read of a credential, and until when it may be acted on. */
type Known = { readonly credential: StoredCredential; readonly principal: Principal; readonly trustedUntilMs: number };

/**
 * Resolves Authorization headers. What is read of a credential serves the requests of the next moment too (trust.ts), and
 * credentials that are not known, or were read too long ago, are looked up together.
 */
export function createAuthenticator({ findCredentials, recordUse, clock, accepted }: Dependencies): Authenticator {
  const known = createRecentCache<Known>(MOST_KNOWN);

  function requireValid(hash: string, credential: StoredCredential | undefined): StoredCredential {
    const holds = credential?.revokedAt === null && accepted.includes(credential.kind) && !isExpired(credential, clock.now());
    if (holds && credential.lockedAt === null) return credential;
    known.delete(hash);
    throw unauthenticated(holds ? "ACCOUNT_LOCKED" : "INVALID_TOKEN");
  }

  const lookUp = coalesce(async (hashes) => {
    const trustedUntilMs = clock.monotonicMs() + TRUST_MS; // the database answers from a later moment than this
    const found = await findCredentials(hashes);
    return (hash) => {
      const credential = requireValid(hash, found.get(hash));
      // What is stored of a credential never changes, but for its end.
      const principal = known.get(hash)?.principal ?? toPrincipal(credential);
      known.set(hash, { credential, principal, trustedUntilMs });
      recordUse(credential);
      return principal;
    };
  });

  const authenticate: Authenticate = async (authorization) => {
    const token = parseBearerToken(authorization);
    if (token === null) return null;
    const hash = hashSecret(token);
    const found = known.get(hash);
    if (found === undefined || clock.monotonicMs() > found.trustedUntilMs) return lookUp(hash);
    recordUse(requireValid(hash, found.credential));
    return found.principal;
  };

  return {
    authenticate,
    recall(authorization) {
      const token = authorization?.startsWith(USUAL_SCHEME) === true ? authorization.slice(USUAL_SCHEME.length) : null;
      return token === null ? null : (known.get(hashSecret(token))?.principal ?? null);
    },
  };
}

/** How nearly all clients write the scheme. */
const USUAL_SCHEME = "Bearer ";

function isExpired({ expiresAt }: StoredCredential, now: Date): boolean {
  return expiresAt !== null && expiresAt <= now;
}

function toPrincipal({ id, budgetId, userId, kind, scopes, rateLimit, expiresAt }: StoredCredential): Principal {
  const policy = rateLimit === null ? null : parsePolicy(rateLimit);
  return { keyId: id, budgetId, userId, kind, scopes: new Set(scopes.filter(isScope)), expiresAt, rateLimit: policy };
}
