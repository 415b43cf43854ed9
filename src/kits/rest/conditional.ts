/** An entity tag of RFC 9110, section 8.8.3, weak or strong. */
const ENTITY_TAG = /(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g;

/**
 * Tells whether an If-None-Match header says that the client has this version already (RFC 9110, section 13.1.2): the
 * header lists the tag, compared weakly, or is `*`.
 */
export function isKnown(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false;
  if (ifNoneMatch.trim() === "*") return true;
  const opaque = etag.replace(/^W\//, "");
  return [...ifNoneMatch.matchAll(ENTITY_TAG)].some(([, tag]) => tag === opaque);
}
