import type { Hono } from "hono";
import type { Database } from "../db/database.js";
import type { LimiterStore } from "../limiter/limiter.js";
import { AppError } from "../errors/app-error.js";
import { GRAPHQL_PATH } from "../graphql/yoga.js";
import { CLI_LOGIN_HEADERS, CLI_LOGIN_PAGE } from "./cli-login-page.js";
import { renderErrorReference } from "./reference-page.js";
import type { Environment } from "./request-state.js";

/** The addresses for people and operators: the error reference, whether the server lives, whether it can work. */
export function addPages(app: Hono<Environment>, { prisma }: Database, limiterStore: LimiterStore): void {
  const errorReference = renderErrorReference();

  app.get("/", (context) => context.redirect(GRAPHQL_PATH));
  app.get("/cli-login", (context) => context.html(CLI_LOGIN_PAGE, 200, CLI_LOGIN_HEADERS));
  app.get("/errors", (context) => context.html(errorReference));
  app.get("/healthz", (context) => context.json({ status: "alive" }));
  app.get("/readyz", async (context) => {
    await prisma.$queryRaw`SELECT 1`;
    await requireLimiter(limiterStore);
    return context.json({ status: "ready" });
  });
  for (const path of ["/", "/cli-login", "/errors", "/healthz", "/readyz"]) {
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
