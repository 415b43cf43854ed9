import type { Hono } from "hono";
import type { Database } from "../../db/database.js";
import type { DiskWatch } from "../../platform/disk-watch.js";
import type { Metrics } from "../../platform/metrics.js";
import type { LimiterStore } from "../../core/limits/limiter.js";
import { AppError } from "../../core/errors/app-error.js";
import { GRAPHQL_PATH, PROBES } from "../../core/request/paths.js";
import { CLI_LOGIN_HEADERS, CLI_LOGIN_PAGE } from "./cli-login-page.js";
import { createReadinessCheck } from "./readiness.js";
import { renderErrorReference } from "./reference-page.js";
import type { Environment } from "../../core/request/state.js";
import { pageHeaders } from "../../core/request/security-headers.js";

export type PageDependencies = {
  readonly database: Database;
  readonly limiterStore: LimiterStore;
  readonly disk: DiskWatch | null;
  readonly metrics: Metrics;
  readonly isDraining: () => boolean;
};

/** Adds the routes for people and operators: the error reference, liveness, readiness and metrics. */
export function addPages(app: Hono<Environment>, { metrics, ...dependencies }: PageDependencies): void {
  const errorReference = renderErrorReference();
  const checkReadiness = createReadinessCheck(dependencies);
  const errorReferenceHeaders = pageHeaders(errorReference);

  app.get("/", (context) => context.redirect(GRAPHQL_PATH));
  app.get("/cli-login", (context) => context.html(CLI_LOGIN_PAGE, 200, CLI_LOGIN_HEADERS));
  app.get("/errors", (context) => context.html(errorReference, 200, errorReferenceHeaders));
  app.get("/healthz", (context) => context.json({ status: "alive" }));
  // `exclude` works as in Kubernetes.
  app.get("/readyz", async (context) => context.json({ status: "ready", ...(await checkReadiness(context.req.query("exclude"))) }));
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
