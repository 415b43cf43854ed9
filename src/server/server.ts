import type { Tracer } from "@opentelemetry/api";
import type { Config } from "../config.js";
import { createAuthenticator, type FindCredentials } from "../core/auth/authenticate.js";
import { createCredentialStore } from "../core/auth/credential-store.js";
import { createFailureLimit } from "../core/auth/failure-limit.js";
import { createLastUse } from "../core/auth/last-use.js";
import type { LimiterStore } from "../core/limits/limiter.js";
import { createRateLimiter } from "../core/limits/rate-limiter.js";
import { toAnswerLimit } from "../core/load/answer-content.js";
import { createContentMemory } from "../core/load/content-memory.js";
import { createOperations } from "../core/load/operations.js";
import { createBodyRate } from "../core/request/body-rate.js";
import type { Client } from "../core/request/client-address.js";
import type { RenderedAnswer, RenderedError } from "../core/request/rendered-answer.js";
import type { Database } from "../db/database.js";
import { createServices } from "../features/services.js";
import type { Clock } from "../platform/clock.js";
import type { DiskWatch } from "../platform/disk-watch.js";
import type { Logger } from "../platform/logger.js";
import type { Metrics } from "../platform/metrics.js";
import type { Random } from "../platform/random.js";
import { applyFieldLimits } from "./graphql/field-limits.js";
import { createGraphQL } from "./graphql/graphql.js";
import { createSchema } from "./graphql/schema.js";
import { createDirectHandler, type NodeRequest } from "./http/direct-handler.js";
import { createExchanges } from "./http/exchanges.js";
import { createHeadRejection, type RejectHead } from "./http/head-rejection.js";
import { createConnectionRejection, createOverloadRejection, type RequestHead } from "./http/overload-rejection.js";
import { createRouter, type WebClient } from "./http/router.js";
import { watchStorage } from "./pages/storage-metrics.js";
import { addRest } from "./rest/rest.js";

export type ServerDependencies = {
  readonly config: Config;
  readonly database: Database;
  readonly limiterStore: LimiterStore;
  /** The disk of the embedded database; null where the database is not of this machine, so that its disk is not known. */
  readonly disk: DiskWatch | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Null if nothing is traced. */
  readonly tracer: Tracer | null;
};

export type Server = {
  /** Returns the answer to a request that an overloaded server rejects before doing anything for it, else null. */
  readonly rejectOverload: (head: RequestHead, findClient: () => Client) => RenderedAnswer | null;
  /** Answers a request of Node's HTTP server. Returns null for one that must become a web request first. */
  readonly answer: (request: NodeRequest, findClient: () => Client) => Promise<RenderedAnswer> | null;
  /** Answers any web request. */
  readonly fetch: (request: Request, client: WebClient) => Promise<Response>;
  /** Answers a request that is malformed before its body, so that it can go neither way. */
  readonly rejectHead: RejectHead;
  /** Answers a connection that is one too many, of which nothing is read. */
  readonly rejectConnection: () => RenderedError;
  /** Makes `/readyz` report that the server is stopping. Other requests are still answered. */
  readonly drain: () => void;
  /** Waits for writes that go on after their requests, such as the last use of a key. */
  readonly close: () => Promise<void>;
};

/** Joins the parts into a server. */
export function createServer(dependencies: ServerDependencies): Server {
  const { config, database, limiterStore, disk, clock, random, logger, metrics, tracer } = dependencies;
  const rateLimiter = createRateLimiter(limiterStore, metrics.limiterDecision);
  const schema = createSchema();
  const budgets = applyFieldLimits(schema, { overrides: config.rateLimits.fields, rateLimiter, clock });
  const services = createServices({ database, clock, random, config, searchBudget: budgets.get("Query.searchSessions") });
  const operations = createOperations({ limits: config.operations, clock });
  const contentMemory = createContentMemory(config.content.memoryBytes);
  const failureLimit = createFailureLimit({ rateLimiter, policy: config.rateLimits.authFailures, clock });
  const lastUse = createLastUse({ saveLastUse: services.apiKeys.saveLastUse, clock, logger });
  const find = createCredentialStore(database.query);
  const findCredentials: FindCredentials = (hashes) => operations.limitTime(() => find(hashes));
  const credentials = { findCredentials, recordUse: lastUse.record, clock };
  const { authenticate, recall } = createAuthenticator({ ...credentials, accepted: ["API_KEY", "ACCESS_TOKEN"] });
  const { authenticate: authenticateRefresh } = createAuthenticator({ ...credentials, accepted: ["API_KEY", "DEVICE"] });
  const load = { operations, contentMemory, bodyRate: createBodyRate(clock) };
  const shared = { config, services, rateLimiter, ...load, failureLimit, authenticate, clock, tracer };
  const graphql = createGraphQL({ ...shared, schema });
  metrics.watchOperations(operations.counts);
  metrics.watchConnections(database.connections);
  watchStorage({ metrics, storage: services.storage, disk, clock });
  let isDraining = false;
  const exchanges = createExchanges({
    clock,
    random,
    logger,
    metrics,
    answers: { memory: contentMemory, limit: toAnswerLimit(config.content.answerBytes, contentMemory) },
    publicUrl: config.publicUrl,
  });
  const fetch = createRouter({
    graphql: graphql.web,
    rest: (app) => addRest(app, { ...shared, authenticateRefresh }),
    restErrors: config.restErrors,
    authenticate,
    failureLimit,
    pages: { database, limiterStore, disk, metrics, isDraining: () => isDraining },
    exchanges,
    tracer,
  });
  return {
    rejectOverload: createOverloadRejection({ ...config, operations, recall, metrics, clock, random, logger }),
    rejectConnection: createConnectionRejection({ ...config, random }),
    answer: createDirectHandler({ graphql: graphql.direct, exchanges, tracer }),
    fetch,
    rejectHead: createHeadRejection({ exchanges, restErrors: config.restErrors }),
    drain: () => void (isDraining = true),
    close: lastUse.settled,
  };
}
