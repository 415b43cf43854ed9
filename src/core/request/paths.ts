/** The path of GraphQL. */
export const GRAPHQL_PATH = "/api/v1/graphql";

/** The beginning of every path of the REST API. */
export const REST_PATH = "/api/v1";

/** The paths that machines read again and again to watch the server. */
export const PROBES: readonly string[] = ["/healthz", "/readyz", "/metrics"];
