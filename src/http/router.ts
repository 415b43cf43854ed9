import { Hono, type Context, type Next } from "hono";
import { cors } from "hono/cors";
import { getPath } from "hono/utils/url";
import type { Authenticate } from "../auth/authenticate.js";
import type { FailureLimit } from "../auth/failure-limit.js";
import type { Database } from "../db/database.js";
import { AppError } from "../errors/app-error.js";
import { toAppError } from "../errors/from-unknown.js";
import { logFailure } from "../errors/log-failure.js";
import { PROBLEM_TYPE, toProblem, toRestBody, type RestErrorStyle } from "../errors/to-rest.js";
import type { RequestState } from "./request-state.js";
import { GRAPHQL_PATH, type createGraphQLDoor } from "../graphql/yoga.js";
import type { LimiterStore } from "../limiter/limiter.js";
import { RATE_LIMIT_HEADERS, rateLimitHeaders } from "../limiter/headers.js";
import type { Clock } from "../platform/clock.js";
import type { Logger } from "../platform/logger.js";
import type { Random } from "../platform/random.js";
import { SIZE_HEADERS } from "../sessions/rest-read.js";
import { chooseMediaType } from "./accept.js";
import { createGraphiQLPage, wantsGraphiQL } from "./graphiql-page.js";
import { addPages } from "./pages.js";
import { logRequest } from "./request-log.js";
import { createRequestState, type Environment } from "./request-state.js";

type Dependencies = {
  readonly graphql: ReturnType<typeof createGraphQLDoor>;
  readonly authenticate: Authenticate;
  readonly failureLimit: FailureLimit;
  readonly rest: (app: Hono<Environment>) => void;
  readonly restErrors: RestErrorStyle;
  readonly database: Database;
  readonly limiterStore: LimiterStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
};

/** What scripts in a browser may read beside the body. */
const EXPOSED_HEADERS = [
  "X-Request-Id",
  "WWW-Authenticate",
  "Allow",
  "ETag",
  "Last-Modified",
  "Content-Length",
  ...SIZE_HEADERS,
  ...RATE_LIMIT_HEADERS,
];

/** What the log says of a request whose client did not wait for the answer. */
const CLIENT_GONE = 499;

/** Leads every request to its door, gives it an id, and puts the id, the limits and one log line around its answer. */
export function createRouter({
  graphql,
  rest,
  restErrors,
  authenticate,
  failureLimit,
  database,
  limiterStore,
  clock,
  random,
  logger,
}: Dependencies) {
  // Some clients join a base that ends in a slash with a path that begins with one.
  const app = new Hono<Environment>({ getPath: (request) => getPath(request).replace(/^\/{2,}/, "/") });
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
  app.use(cors({ origin: "*", exposeHeaders: EXPOSED_HEADERS, maxAge: 86_400 }));
  app.use(throwErrorsOnly);

  app.all(GRAPHQL_PATH, async (context) => {
    if (wantsGraphiQL(context.req.raw)) return graphiQLPage(context.req.raw);
    const state = context.get("state");
    const authorization = context.req.header("authorization") ?? null;
    const signIn = async () => {
      state.principal = await failureLimit.byKey(state.address, () => authenticate(authorization));
    };
    return graphql.fetch(context.req.raw, { state, authenticate: signIn });
  });
  rest(app);
  addPages(app, database, limiterStore);
  app.notFound(({ req }) => {
    throw new AppError("ENDPOINT_NOT_FOUND", { message: `There is nothing at ${req.path}` });
  });
  app.onError((thrown, context) => answerError(toAppError(thrown), context.get("state"), context.req.raw, restErrors));

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
function answerError(error: AppError, state: RequestState, { signal, headers }: Request, style: RestErrorStyle): Response {
  if (signal.aborted) return new Response(null, { status: CLIENT_GONE });
  state.errorReasons.push(error.reason);
  logFailure(state.log, error);
  const type = chooseMediaType(headers.get("accept"), ["application/json", PROBLEM_TYPE]) ?? "application/json";
  const body = type === PROBLEM_TYPE ? toProblem(error, state) : toRestBody(error, state, style);
  return new Response(JSON.stringify(body), {
    status: error.httpStatus,
    headers: { "Content-Type": type, "Cache-Control": "no-store", Vary: "Accept", ...error.headers },
  });
}
