import type { Hono } from "hono";
import type { Database } from "../../db/database.js";
import type { Metrics } from "../../platform/metrics.js";
import type { LimiterStore } from "../../core/limits/limiter.js";
import { AppError } from "../../core/errors/app-error.js";
import { GRAPHQL_PATH, PROBES } from "../../core/request/paths.js";
import { CLI_LOGIN_HEADERS, CLI_LOGIN_PAGE } from "./cli-login-page.js";
import { renderErrorReference } from "./reference-page.js";
import type { Environment } from "../../core/request/state.js";
import { pageHeaders } from "../../core/request/security-headers.js";

export type PageDependencies = {
  readonly database: Database;
  readonly limiterStore: LimiterStore;
  readonly metrics: Metrics;
  readonly isDraining: () => boolean;
};

/** Adds the routes for people and operators: the error reference, liveness, readiness and metrics. */
export function addPages(app: Hono<Environment>, { database, limiterStore, metrics, isDraining }: PageDependencies): void {
  const errorReference = renderErrorReference();
  const errorReferenceHeaders = pageHeaders(errorReference);

  app.get("/", (context) => context.redirect(GRAPHQL_PATH));
  app.get("/cli-login", (context) => context.html(CLI_LOGIN_PAGE, 200, CLI_LOGIN_HEADERS));
  app.get("/errors", (context) => context.html(errorReference, 200, errorReferenceHeaders));
  app.get("/healthz", (context) => context.json({ status: "alive" }));
  // `exclude` works as in Kubernetes. A proxy can use it if RATE_LIMIT_FAIL lets the server go on without Redis.
  app.get("/readyz", async (context) => {
    if (isDraining()) throw new AppError("UPSTREAM_UNAVAILABLE", { message: "The server is shutting down" });
    await database.prisma.$queryRaw`SELECT 1`;
    if (context.req.query("exclude") !== "redis") await requireLimiter(limiterStore);
    return context.json({ status: "ready" });
  });
  app.get("/metrics", async (context) => {
    const { text, type } = await metrics.render();
    return context.body(text, 200, { "Content-Type": type });
  });
  for (const path of ["/", "/cli-login", "/errors", ...PROBES]) {
    app.all(path, () => {
      const message = "This address can only be read";
      throw new AppError("ENDPOINT_NOT_FOUND", { message, httpStatus: 405, headers: { Allow: "GET, HEAD" } });
    });
  }
}

async function requireLimiter(limiterStore: LimiterStore): Promise<void> {
  try {
    await limiterStore.check();
  } catch (cause) {
    throw new AppError("UPSTREAM_UNAVAILABLE", { message: "Redis cannot be reached", cause });
  }
}
