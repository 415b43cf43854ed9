import { Hono } from "hono";
import { cors } from "hono/cors";
import type { Authenticate } from "../auth/authenticate.js";
import type { createFailureLimit } from "../auth/failure-limit.js";
import type { Database } from "../db/database.js";
import { AppError } from "../errors/app-error.js";
import { toAppError } from "../errors/from-unknown.js";
import { logFailure } from "../errors/log-failure.js";
import { toRestBody } from "../errors/to-rest.js";
import type { RequestState } from "../graphql/context.js";
import { GRAPHQL_PATH, type createGraphQLDoor } from "../graphql/yoga.js";
import { RATE_LIMIT_HEADERS, rateLimitHeaders } from "../limiter/headers.js";
import type { Clock } from "../platform/clock.js";
import type { Logger } from "../platform/logger.js";
import type { Random } from "../platform/random.js";
import { createGraphiQLPage, wantsGraphiQL } from "./graphiql-page.js";
import { renderErrorReference } from "./reference-page.js";
import { logRequest } from "./request-log.js";
import { createRequestState } from "./request-state.js";

type Dependencies = {
  readonly graphql: ReturnType<typeof createGraphQLDoor>;
  readonly authenticate: Authenticate;
  readonly guard: ReturnType<typeof createFailureLimit>;
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
};

type Environment = { Bindings: { address: string }; Variables: { state: RequestState } };

/** What the log says of a request whose client did not wait for the answer. */
const CLIENT_GONE = 499;

/** Leads every request to its door, gives it an id, and puts the id, the limits and one log line around its answer. */
export function createRouter({ graphql, authenticate, guard, database, clock, random, logger }: Dependencies) {
  const app = new Hono<Environment>();
  const errorReference = renderErrorReference();
  const graphiQLPage = createGraphiQLPage();

  app.use(async (context, next) => {
    const startedAt = clock.now().getTime();
    const state = createRequestState(context.req.raw, context.env.address, { logger, random });
    context.set("state", state);
    await next();
    context.header("X-Request-Id", state.requestId);
    context.header("X-Content-Type-Options", "nosniff");
    if (state.decision !== null)
      for (const [name, value] of Object.entries(rateLimitHeaders(state.decision, clock.now()))) context.header(name, value);
    logRequest(state, context.req.raw, context.res.status, clock.now().getTime() - startedAt);
  });
  app.use(cors({ origin: "*", exposeHeaders: ["X-Request-Id", "WWW-Authenticate", "Allow", ...RATE_LIMIT_HEADERS], maxAge: 86_400 }));
  app.use(async (_context, next) => {
    try {
      await next();
    } catch (thrown) {
      throw toAppError(thrown); // Hono hands only instances of Error to onError, and JavaScript throws anything
    }
  });

  app.all(GRAPHQL_PATH, async (context) => {
    if (wantsGraphiQL(context.req.raw)) return graphiQLPage(context.req.raw);
    const state = context.get("state");
    const authorization = context.req.header("authorization") ?? null;
    const signIn = async () => {
      state.principal = await guard(state.address, () => authenticate(authorization));
    };
    return graphql.fetch(context.req.raw, { state, authenticate: signIn });
  });

  app.get("/", (context) => context.redirect(GRAPHQL_PATH));
  app.get("/errors", (context) => context.html(errorReference));
  app.get("/healthz", (context) => context.json({ status: "alive" }));
  app.get("/readyz", async (context) => {
    await database.prisma.$queryRaw`SELECT 1`;
    return context.json({ status: "ready" });
  });
  for (const path of ["/", "/errors", "/healthz", "/readyz"]) {
    app.all(path, () => {
      const message = "This address can only be read";
      throw new AppError("ENDPOINT_NOT_FOUND", { message, httpStatus: 405, headers: { Allow: "GET, HEAD" } });
    });
  }
  app.notFound(({ req }) => {
    throw new AppError("ENDPOINT_NOT_FOUND", { message: `There is nothing at ${req.path}` });
  });

  app.onError((thrown, context) => {
    const state = context.get("state");
    if (context.req.raw.signal.aborted) return new Response(null, { status: CLIENT_GONE });
    const error = toAppError(thrown);
    state.errorReasons.push(error.reason);
    logFailure(state.log, error);
    return new Response(JSON.stringify(toRestBody(error, state.requestId)), {
      status: error.httpStatus,
      headers: { "Content-Type": "application/json", ...error.headers },
    });
  });

  return { fetch: async (request: Request, address: string) => app.fetch(request, { address }) };
}
