import type { Plugin } from "graphql-yoga";
import type { GraphQLRequest } from "./yoga.js";

/** Finds out who is asking before anything is read: a request with an invalid token is refused as a whole. */
export function useAuthenticated(): Plugin<Record<string, never>, GraphQLRequest> {
  return {
    async onRequestParse({ serverContext }) {
      await serverContext.authenticate();
    },
  };
}
