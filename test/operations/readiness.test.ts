import { afterEach, expect, test } from "@jest/globals";
import { FAILURE_RULES } from "../../src/core/limits/fallback-store.js";
import type { LimiterStore } from "../../src/core/limits/limiter.js";
import { openLimiterStore } from "../../src/core/limits/open-store.js";
import { systemClock } from "../../src/platform/clock.js";
import { createLogger } from "../../src/platform/logger.js";
import { createMetrics } from "../../src/platform/metrics.js";
import { startTestServer, type TestServer } from "../support/server.js";

const NO_REDIS = "redis://127.0.0.1:1";
const platform = { clock: systemClock, logger: createLogger("silent", { write: () => undefined }), metrics: createMetrics() };

let server: TestServer;
let store: LimiterStore | undefined;
afterEach(async () => {
  server.takeLog();
  await server.close();
  await store?.close();
  store = undefined;
});

test("While all is well the server is ready, and nothing is degraded.", async () => {
  server = await startTestServer();
  const { status, body } = await server.send("/readyz");
  expect({ status, body }).toEqual({ status: 200, body: { status: "ready", degraded: [] } });
});

test.each(FAILURE_RULES)(
  "Without Redis and with RATE_LIMIT_FAIL=%s /readyz names it, and is 503 only if nothing can be decided.",
  async (rule) => {
    store = await openLimiterStore({ redisUrl: NO_REDIS, rateLimitFail: rule }, platform);
    server = await startTestServer({ RATE_LIMIT_FAIL: rule }, undefined, store);
    const { status, body } = await server.send("/readyz");
    if (rule === "closed") {
      expect(status).toBe(503);
      expect(body.error).toMatchObject({
        code: "UPSTREAM_UNAVAILABLE",
        message: "Redis cannot be reached",
        details: { degraded: ["redis"] },
      });
    } else expect({ status, body }).toEqual({ status: 200, body: { status: "ready", degraded: ["redis"] } });
    expect((await server.send("/readyz?exclude=redis")).status).toBe(200);
  },
);

test("Without both, both are named.", async () => {
  store = await openLimiterStore({ redisUrl: NO_REDIS, rateLimitFail: "local" }, platform);
  server = await startTestServer({}, undefined, store);
  await server.loseDatabase();
  const { status, body } = await server.send("/readyz");
  expect(status).toBe(503);
  expect(body.error).toMatchObject({ message: "The database cannot be reached", details: { degraded: ["database", "redis"] } });
});

test("A server that drains is not ready.", async () => {
  server = await startTestServer();
  server.drain();
  const { status, body } = await server.send("/readyz");
  expect([status, body.error.message]).toEqual([503, "The server is shutting down"]);
});

test("While the database says nothing /readyz is answered all the same, long before the database's own deadline.", async () => {
  server = await startTestServer({ DATABASE_POOL_SIZE: "2", DATABASE_TIMEOUT_MS: "60000" });
  let waiting: Promise<unknown> | undefined;
  const lock = "SELECT 1 FROM pg_advisory_xact_lock(1)";
  await server.prisma.$transaction(
    async (transaction) => {
      await transaction.$executeRawUnsafe(lock);
      // It takes the one connection for statements and waits for the lock, as for a database that says nothing.
      waiting = server.sql({ text: lock, values: [] });
      const { status, body } = await server.send("/readyz");
      expect([status, body.error?.message, body.error?.details.degraded]).toEqual([503, "The database cannot be reached", ["database"]]);
    },
    { timeout: 60_000 },
  );
  await waiting;
  expect((await server.send("/readyz")).status).toBe(200);
});
