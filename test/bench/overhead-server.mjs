import { once } from "node:events";
import { trace } from "@opentelemetry/api";
import { allScopes } from "../../dist/core/auth/scopes.js";
import { readConfig } from "../../dist/config.js";
import { openDatabase } from "../../dist/db/database.js";
import { createSchema } from "../../dist/server/graphql/schema.js";
import { createGraphQLDoor } from "../../dist/server/graphql/yoga.js";
import { openListener } from "../../dist/server/http/listener.js";
import { createOperations } from "../../dist/core/load/operations.js";
import { createRouter } from "../../dist/server/http/router.js";
import { createMemoryStore } from "../../dist/core/limits/memory-store.js";
import { systemClock as clock } from "../../dist/platform/clock.js";
import { createLogger } from "../../dist/platform/logger.js";
import { createMetrics } from "../../dist/platform/metrics.js";
import { systemRandom as random } from "../../dist/platform/random.js";
import { createServer } from "../../dist/server/server.js";
import { createServices } from "../../dist/features/services.js";

// Two servers in one process over one database: the whole one, and one put together of the same parts with an
// authentication and a limiter that do nothing. What lies between their throughputs is the price of both.

const config = readConfig(process.env);
const logger = createLogger(config.logLevel);
const database = await openDatabase(config);
const limiterStore = createMemoryStore(clock);
const platform = { clock, random, logger, metrics: createMetrics(), tracer: trace.getTracer("benchmark") };
const dependencies = { config, database, limiterStore, ...platform };

/** Lets everybody in as the first user, without asking the database, and counts nothing. */
async function createOpenServer() {
  const services = createServices({ database, clock, random, config });
  const [user] = await services.users.list();
  const principal = { keyId: "benchmark", userId: user.id, scopes: new Set(allScopes), rateLimit: null };
  const rateLimiter = { consume: async (_budget, _policy, cost = 1) => ({ granted: cost, windows: [] }) };
  const graphql = createGraphQLDoor({ schema: createSchema(), services, rateLimiter, config, ...platform });
  const authenticate = async () => principal;
  const failureLimit = { byKey: (_address, run) => run() };
  return createRouter({
    graphql,
    rest: () => undefined,
    restErrors: config.restErrors,
    authenticate,
    failureLimit,
    operations: createOperations({ limits: config.operations, clock }),
    pages: { database, limiterStore, metrics: platform.metrics, isDraining: () => false },
    ...platform,
  });
}

/** Listens on a free port and says so as the product does. */
async function listen(server) {
  const listener = await openListener({ server, random, config: { ...config, port: 0 } });
  console.log(`Backstory is at http://localhost:${listener.port}`);
  return listener;
}

const whole = createServer(dependencies);
const listening = [await listen(whole), await listen(await createOpenServer())];
console.log("GraphiQL: none");

await once(process, "SIGTERM");
for (const { close } of listening) await close(0);
await whole.close();
await limiterStore.close();
await database.close();
