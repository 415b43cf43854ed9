/** Returns the code that Node and PostgreSQL give their errors, such as ENOENT. */
export function codeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}
