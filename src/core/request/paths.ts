/** The path of GraphQL. */
export const GRAPHQL_PATH = "/api/v1/graphql";

/** The beginning of every path of the REST API. */
export const REST_PATH = "/api/v1";

/** Whether a path is in the API, which scripts of every origin may use. */
export function isApiPath(path: string): boolean {
  return path === REST_PATH || path.startsWith(`${REST_PATH}/`);
}

/** The paths that machines read again and again to watch the server. */
export const PROBES: readonly string[] = ["/healthz", "/readyz", "/metrics"];
