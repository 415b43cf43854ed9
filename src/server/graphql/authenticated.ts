import type { Plugin } from "graphql-yoga";
import { toAppError } from "../../core/errors/from-unknown.js";
import type { GraphQLRequest } from "./request.js";

/** Finds out who is asking before anything is read: a request with an invalid token is refused as a whole. */
export function useAuthenticated(): Plugin<Record<string, never>, GraphQLRequest> {
  return {
    async onRequestParse({ serverContext }) {
      try {
        await serverContext.authenticate();
      } catch (error) {
        throw toAppError(error); // Yoga would take an AggregateError apart, which drivers throw that tried several addresses
      }
    },
  };
}
