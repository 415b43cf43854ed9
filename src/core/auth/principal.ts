import { AppError } from "../errors/app-error.js";
import type { AnswerContent } from "../load/answer-content.js";
import { SMALL_BYTES } from "../load/content-memory.js";
import type { Deadline } from "../../platform/deadline.js";
import type { Policy } from "../limits/policy.js";
import type { Scope } from "./scopes.js";

/** A key, the refresh token of a device that signed in, or an access token that either was exchanged for. */
export type CredentialKind = "API_KEY" | "DEVICE" | "ACCESS_TOKEN";

/** Who is asking: one API key and the user behind it. A key never reaches further than its user. */
export type Principal = {
  readonly userId: string;
  readonly keyId: string;
  /** Whose budgets its requests are taken from: its own, or for a device those of the key that made it. */
  readonly budgetId: string;
  readonly kind: CredentialKind;
  readonly scopes: ReadonlySet<Scope>;
  /** When the key stops working by itself; null is never. */
  readonly expiresAt: Date | null;
  /** The key's own limit, which replaces the default of every budget. */
  readonly rateLimit: Policy | null;
  /** When it passes, what is still being done for the request is cancelled; commands have none. */
  readonly deadline?: Deadline;
  /** Where what is read for an answer is counted; commands and streams have none. */
  readonly answer?: { readonly content: AnswerContent };
};

/**
 * Counts the characters of rows that were read for an answer, if they are many.
 * @throws VALIDATION_ERROR if the answer would hold more than it may, SERVICE_UNAVAILABLE if there is no memory for it
 */
export function countRead({ answer }: Principal, characters: number): void {
  if (characters > SMALL_BYTES) answer?.content.reserve(characters);
}

/**
 * Tells whether a key may see what projects are called and whose they are. Who reads sessions alone sees the ids of their
 * projects and nothing else of them: an answer about sessions leaves it out, so that such a key goes on reading sessions.
 */
export function seesProjects({ scopes }: Principal): boolean {
  return scopes.has("projects:read");
}

/** @throws FORBIDDEN for devices and access tokens, which make no credentials */
export function requireApiKey({ kind }: Principal): void {
  if (kind !== "API_KEY") throw new AppError("ACCESS_DENIED", { message: "Only an API key itself can make keys and device codes" });
}

/** @throws FORBIDDEN / INSUFFICIENT_SCOPE naming the scope in `requiredScope` */
export function requireScope(principal: Principal, scope: Scope): void {
  if (principal.scopes.has(scope)) return;
  throw new AppError("INSUFFICIENT_SCOPE", {
    message: `The API key lacks the scope ${scope}`,
    details: { requiredScope: scope },
    headers: { "WWW-Authenticate": `Bearer error="insufficient_scope", scope="${scope}"` },
  });
}
