import { once } from "node:events";
import { readConfig } from "../../dist/config.js";
import { openDatabase } from "../../dist/db/database.js";
import { openListener } from "../../dist/server/http/listener.js";
import { createMemoryStore } from "../../dist/core/limits/memory-store.js";
import { systemClock as clock } from "../../dist/platform/clock.js";
import { createLogger } from "../../dist/platform/logger.js";
import { createMetrics } from "../../dist/platform/metrics.js";
import { systemRandom as random } from "../../dist/platform/random.js";
import { createServer } from "../../dist/server/server.js";

// Two servers in one process over one database: the whole one, and one whose keys are looked up once and whose limiter
// counts nothing. What lies between their throughputs is the price of both.

const config = readConfig(process.env);
const logger = createLogger(config.logLevel);
const database = await openDatabase({ ...config, clock });
const limiterStore = createMemoryStore(clock);
const platform = { clock, random, logger, tracer: null };

/** Answers the look-up of keys with what it gave the first time, and hands all other statements on. */
function withKnownKeys(query) {
  let known;
  return (statement, deadline) => {
    if (!statement.text.includes('FROM "ApiKey" WHERE "hash"')) return query(statement, deadline);
    known ??= query(statement, deadline).then((rows) => rows.map((row) => ({ ...row, lastUsedAt: new Date(8.64e15) })));
    return known;
  };
}

const countsNothing = { ...limiterStore, consume: async (_budget, _policy, cost) => ({ granted: cost, windows: [] }) };

/** Listens on a free port and says so as the product does. */
async function listen(server) {
  const listener = await openListener({ server, logger, openFilesLimit: 20_000, config: { ...config, port: 0 } });
  console.log(`Backstory is at http://localhost:${listener.port}`);
  return listener;
}

const whole = createServer({ ...platform, config, database, limiterStore, disk: null, metrics: createMetrics() });
const open = createServer({
  ...platform,
  config,
  database: { ...database, query: withKnownKeys(database.query) },
  limiterStore: countsNothing,
  disk: null,
  metrics: createMetrics(),
});
const listening = [await listen(whole), await listen(open)];
console.log("GraphiQL: none");

await once(process, "SIGTERM");
for (const { close } of listening) await close(0);
for (const server of [whole, open]) await server.close();
await limiterStore.close();
await database.close();
