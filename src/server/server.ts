import type { Tracer } from "@opentelemetry/api";
import { createAuthenticate } from "../core/auth/authenticate.js";
import { coalesce } from "../core/auth/coalesce.js";
import { createCredentialStore } from "../core/auth/credential-store.js";
import { createFailureLimit } from "../core/auth/failure-limit.js";
import { createLastUse } from "../core/auth/last-use.js";
import type { Config } from "../config.js";
import type { Database } from "../db/database.js";
import { createSchema } from "./graphql/schema.js";
import { createGraphQLDoor } from "./graphql/yoga.js";
import type { Client } from "../core/request/client-address.js";
import type { RenderedError } from "../core/request/rendered-error.js";
import { createOperations } from "../core/load/operations.js";
import { createRouter, type RequestHead } from "./http/router.js";
import { applyFieldLimits } from "./graphql/field-limits.js";
import type { LimiterStore } from "../core/limits/limiter.js";
import { createRateLimiter } from "../core/limits/rate-limiter.js";
import type { Clock } from "../platform/clock.js";
import type { Logger } from "../platform/logger.js";
import type { Metrics } from "../platform/metrics.js";
import type { Random } from "../platform/random.js";
import { addRest } from "./rest/door.js";
import { createServices } from "../features/services.js";

export type ServerDependencies = {
  readonly config: Config;
  readonly database: Database;
  readonly limiterStore: LimiterStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
};

export type Server = {
  /** The answer to a request for which there is no place now, before anything is done for it; null where there is one. */
  readonly refuse: (head: RequestHead, findClient: () => Client) => RenderedError | null;
  /** Answers one request of a client. */
  readonly fetch: (request: Request, client: Client) => Promise<Response>;
  /** From now on `/readyz` says that the server is going; all else goes on. */
  readonly drain: () => void;
  /** Waits for what is still being written beside the requests. */
  readonly close: () => Promise<void>;
};

/** Joins the rooms into a server. */
export function createServer(dependencies: ServerDependencies): Server {
  const { config, database, limiterStore, clock, random, logger, metrics, tracer } = dependencies;
  const services = createServices({ database, clock, random, config });
  const rateLimiter = createRateLimiter(limiterStore, metrics.limiterDecision);
  const schema = createSchema();
  applyFieldLimits(schema, config.rateLimits.fields);
  const graphql = createGraphQLDoor({ schema, services, rateLimiter, config, clock, tracer });
  const lastUse = createLastUse({ saveLastUse: services.apiKeys.saveLastUse, clock, logger });
  const credentials = { findCredential: coalesce(createCredentialStore(database.query)), recordUse: lastUse.record, clock };
  const authenticate = createAuthenticate({ ...credentials, accepted: ["API_KEY", "ACCESS_TOKEN"] });
  const authenticateRefresh = createAuthenticate({ ...credentials, accepted: ["API_KEY", "DEVICE"] });
  const failureLimit = createFailureLimit({ rateLimiter, policy: config.rateLimits.authFailures, clock });
  const rest = (app: Parameters<typeof addRest>[0]) =>
    addRest(app, { services, rateLimiter, config, clock, failureLimit, authenticate, authenticateRefresh });
  const operations = createOperations({ limits: config.operations, clock });
  metrics.watchOperations(operations.counts);
  metrics.watchConnections(database.connections);
  let isDraining = false;
  const router = createRouter({
    graphql,
    rest,
    restErrors: config.restErrors,
    authenticate,
    failureLimit,
    operations,
    pages: { database, limiterStore, metrics, isDraining: () => isDraining },
    metrics,
    tracer,
    clock,
    random,
    logger,
  });
  return { ...router, drain: () => void (isDraining = true), close: lastUse.settled };
}
