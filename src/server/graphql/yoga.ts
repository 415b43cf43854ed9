import type { Tracer } from "@opentelemetry/api";
import type { GraphQLSchema } from "graphql";
import { createYoga } from "graphql-yoga";
import type { Config } from "../../config.js";
import { useOperationLimit } from "./operation-limit.js";
import type { RateLimiter } from "../../core/limits/rate-limiter.js";
import type { Clock } from "../../platform/clock.js";
import type { Services } from "../../features/services.js";
import { GRAPHQL_PATH } from "../../core/request/paths.js";
import type { GraphQLRequest } from "./request.js";
import { useAnswer } from "./answer.js";
import { useAuthenticated } from "./authenticated.js";
import { useCallerCheck } from "./caller-check.js";
import { useComplexityLimit } from "./complexity.js";
import type { GraphQLContext } from "../../kits/graphql/context.js";
import { createDocumentCache } from "./document-cache.js";
import { useOperationChoice } from "./operation-choice.js";
import { useParameterCheck } from "./parameters.js";
import { useJsonRequests } from "./request-parser.js";
import { useTracing } from "./tracing.js";
import { useValidation } from "./validation.js";

type Dependencies = {
  readonly schema: GraphQLSchema;
  readonly services: Services;
  readonly rateLimiter: RateLimiter;
  readonly config: Config;
  readonly clock: Clock;
  readonly tracer: Tracer;
};

/** The GraphQL door: Yoga runs the request, and every step that decides anything is one of the plugins, in this order. */
export function createGraphQLDoor({ schema, services, rateLimiter, config, clock, tracer }: Dependencies) {
  const hints = config.introspection;
  return createYoga<GraphQLRequest, GraphQLContext>({
    schema,
    graphqlEndpoint: GRAPHQL_PATH,
    graphiql: false,
    batching: { limit: config.abuse.batch },
    context: ({ state }) => ({ state, services, rateLimiter, clock, loaders: new Map() }),
    plugins: [
      useAuthenticated(),
      useJsonRequests({ bodyBytes: config.abuse.bodyBytes, batch: config.abuse.batch }),
      useOperationLimit({ rateLimiter, policy: config.rateLimits.graphql, clock }),
      useParameterCheck(),
      useOperationChoice(),
      useValidation({ introspection: config.introspection, abuse: config.abuse }),
      useCallerCheck(),
      useComplexityLimit(config.abuse.complexity),
      useTracing(tracer),
      useAnswer({ hints }),
    ],
    // Errors take their form, and their line in the log, in useAnswer; bodies are read and bounded in useJsonRequests.
    maskedErrors: false,
    logging: false,
    maxRequestBodySize: false,
    parserAndValidationCache: { documentCache: createDocumentCache(), errorCache: createDocumentCache() },
    // Yoga answers whatever ends with this address, also a query string. No address ends with a space.
    healthCheckEndpoint: " ",
    multipart: false,
    cors: false,
    landingPage: false,
  });
}
