import { AppError } from "../errors/app-error.js";

/** Wider than the RFC's alphabet: the text of a first key may be any visible ASCII. */
const TOKEN = /^[\x21-\x7e]{1,4096}$/;

/**
 * The token of an Authorization header (RFC 6750, section 2.1), or null where there is no header.
 * @throws UNAUTHENTICATED: INVALID_CREDENTIALS for another scheme, INVALID_TOKEN for a Bearer without a usable token
 */
export function parseBearerToken(header: string | null): string | null {
  if (header === null) return null;
  // Node takes 16 KB of headers at most, and no run of white space is read twice.
  const [scheme = "", ...rest] = header.trim().split(/\s+/);
  if (scheme.toLowerCase() !== "bearer") throw unauthenticated("INVALID_CREDENTIALS");
  const token = rest.length === 1 ? rest[0] : undefined;
  if (token === undefined || !TOKEN.test(token)) throw unauthenticated("INVALID_TOKEN");
  return token;
}

type AuthenticationFailure = "MISSING_TOKEN" | "INVALID_TOKEN" | "INVALID_CREDENTIALS" | "ACCOUNT_LOCKED";

/** Makes the error with the challenge that RFC 6750, section 3 asks for: `error` only where a token was sent. */
export function unauthenticated(reason: AuthenticationFailure, message?: string): AppError {
  const challenge = reason === "INVALID_TOKEN" || reason === "ACCOUNT_LOCKED" ? 'Bearer error="invalid_token"' : "Bearer";
  return new AppError(reason, { message, headers: { "WWW-Authenticate": challenge } });
}
