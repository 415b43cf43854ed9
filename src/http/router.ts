import { Hono, type Context, type Next } from "hono";
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
import { addPages } from "./pages.js";
import { logRequest } from "./request-log.js";
import { createRequestState, type Environment } from "./request-state.js";

type Dependencies = {
  readonly graphql: ReturnType<typeof createGraphQLDoor>;
  readonly authenticate: Authenticate;
  readonly guard: ReturnType<typeof createFailureLimit>;
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
};

/** What the log says of a request whose client did not wait for the answer. */
const CLIENT_GONE = 499;

/** Leads every request to its door, gives it an id, and puts the id, the limits and one log line around its answer. */
export function createRouter({ graphql, authenticate, guard, database, clock, random, logger }: Dependencies) {
  const app = new Hono<Environment>();
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
  app.use(throwErrorsOnly);

  app.all(GRAPHQL_PATH, async (context) => {
    if (wantsGraphiQL(context.req.raw)) return graphiQLPage(context.req.raw);
    const state = context.get("state");
    const authorization = context.req.header("authorization") ?? null;
    const signIn = async () => {
      state.principal = await guard(state.address, () => authenticate(authorization));
    };
    return graphql.fetch(context.req.raw, { state, authenticate: signIn });
  });
  addPages(app, database);
  app.notFound(({ req }) => {
    throw new AppError("ENDPOINT_NOT_FOUND", { message: `There is nothing at ${req.path}` });
  });
  app.onError((thrown, context) => answerError(toAppError(thrown), context.get("state"), context.req.raw));

  return { fetch: async (request: Request, address: string) => app.fetch(request, { address }) };
}

/** Hono hands only instances of Error to onError, and JavaScript throws anything. */
async function throwErrorsOnly(_context: Context, next: Next): Promise<void> {
  try {
    await next();
  } catch (thrown) {
    throw toAppError(thrown);
  }
}

/** What failed outside GraphQL, or before it. */
function answerError(error: AppError, state: RequestState, { signal }: Request): Response {
  if (signal.aborted) return new Response(null, { status: CLIENT_GONE });
  state.errorReasons.push(error.reason);
  logFailure(state.log, error);
  return new Response(JSON.stringify(toRestBody(error, state.requestId)), {
    status: error.httpStatus,
    headers: { "Content-Type": "application/json", ...error.headers },
  });
}
