/** Where GraphQL is answered. */
export const GRAPHQL_PATH = "/api/v1/graphql";

/** What every address of the REST API begins with. */
export const REST_PATH = "/api/v1";

/** The addresses that machines read again and again to watch the server. */
export const PROBES: readonly string[] = ["/healthz", "/readyz", "/metrics"];
