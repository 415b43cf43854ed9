import { read } from "./actions.js";
import type { TestServer } from "./server.js";

export type Result = { readonly name: string; readonly rank: number; readonly snippet: string };

/** Settings without limits that only slow tests of searches. */
export const UNLIMITED = { RATE_LIMIT_GRAPHQL: "100000/1h", RATE_LIMIT_FIELDS: "Query.searchSessions=100000/1m" };

/** A search that has to succeed. */
export async function search(server: TestServer, key: string, query: string, limit = 10): Promise<{ total: number; results: Result[] }> {
  const document = `query ($query: String!, $limit: Int) { searchSessions(query: $query, limit: $limit) { total results { name rank snippet } } }`;
  return (await read(server, key, document, { query, limit })).searchSessions;
}

/** The names of what it finds, the best first. */
export async function namesFound(server: TestServer, key: string, query: string): Promise<string[]> {
  return (await search(server, key, query)).results.map(({ name }) => name);
}
