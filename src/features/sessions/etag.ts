/** Gives a stored tag the form of the ETag header. It is weak, since one session has several representations (RFC 9110, 8.8.1). */
export function toEtag(stored: string): string;
export function toEtag(stored: string | null): string | null;
export function toEtag(stored: string | null): string | null {
  return stored === null ? null : `W/"${stored}"`;
}
