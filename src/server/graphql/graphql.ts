import type { Tracer } from "@opentelemetry/api";
import type { GraphQLSchema } from "graphql";
import type { Config } from "../../config.js";
import type { Authenticate } from "../../core/auth/authenticate.js";
import type { FailureLimit } from "../../core/auth/failure-limit.js";
import type { RateLimiter } from "../../core/limits/rate-limiter.js";
import type { ContentMemory } from "../../core/load/content-memory.js";
import type { Operations } from "../../core/load/operations.js";
import type { BodyRate } from "../../core/request/body-rate.js";
import type { Services } from "../../kits/services.js";
import type { Clock } from "../../platform/clock.js";
import { createDirectGraphQL } from "./direct.js";
import { createOperationBodies } from "./operation-bodies.js";
import { createOperationLimit } from "./operation-limit.js";
import { createOperationRunner } from "./operation-runner.js";
import type { Pipeline } from "./pipeline.js";
import { createWebGraphQL } from "./yoga.js";

type Dependencies = {
  readonly schema: GraphQLSchema;
  readonly config: Config;
  readonly services: Services;
  readonly rateLimiter: RateLimiter;
  readonly operations: Operations;
  readonly contentMemory: ContentMemory;
  readonly bodyRate: BodyRate;
  readonly failureLimit: FailureLimit;
  readonly authenticate: Authenticate;
  readonly clock: Clock;
  readonly tracer: Tracer | null;
};

/** Makes GraphQL's two handlers, for web requests and for requests of Node's HTTP server. Both use one pipeline. */
export function createGraphQL(dependencies: Dependencies) {
  const { schema, config, rateLimiter, contentMemory, bodyRate, clock } = dependencies;
  const pipeline: Pipeline = {
    bodies: createOperationBodies({
      limit: { bytes: config.abuse.bodyBytes, setting: "MAX_BODY_BYTES" },
      mostOperations: config.abuse.batch,
      memory: contentMemory,
      rate: bodyRate,
    }),
    mostOperations: config.abuse.batch,
    hints: config.introspection,
    limit: createOperationLimit(rateLimiter, config.rateLimits.graphql),
    run: createOperationRunner(dependencies),
    clock,
  };
  return { web: createWebGraphQL(schema, pipeline), direct: createDirectGraphQL({ ...dependencies, pipeline }) };
}
