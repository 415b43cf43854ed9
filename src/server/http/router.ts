import type { IncomingMessage } from "node:http";
import type { Tracer } from "@opentelemetry/api";
import { Hono, type Context, type Next } from "hono";
import { cors } from "hono/cors";
import { getPath } from "hono/utils/url";
import type { Authenticate } from "../../core/auth/authenticate.js";
import type { FailureLimit } from "../../core/auth/failure-limit.js";
import { AppError } from "../../core/errors/app-error.js";
import { toAppError } from "../../core/errors/from-unknown.js";
import { logFailure } from "../../core/errors/log-failure.js";
import type { RestErrorStyle } from "../../core/errors/to-rest.js";
import { GRAPHQL_PATH, REST_PATH } from "../../core/request/paths.js";
import type { RenderedError } from "../../core/request/rendered-error.js";
import type { createGraphQLDoor } from "../graphql/yoga.js";
import { RATE_LIMIT_HEADERS, rateLimitHeaders } from "../../core/limits/headers.js";
import type { Clock } from "../../platform/clock.js";
import type { Logger } from "../../platform/logger.js";
import type { Metrics } from "../../platform/metrics.js";
import type { Random } from "../../platform/random.js";
import { SIZE_HEADERS } from "../../features/sessions/rest-read.js";
import type { Client } from "../../core/request/client-address.js";
import { renderError } from "./error-response.js";
import { createGraphiQLPage, wantsGraphiQL } from "../pages/graphiql-page.js";
import type { Operations } from "../../core/load/operations.js";
import { createOverloadRefusal } from "./overload-refusal.js";
import { addPages, type PageDependencies } from "../pages/pages.js";
import { logRequest } from "./request-log.js";
import { countRequest } from "./request-metrics.js";
import { traceRequests } from "./request-tracing.js";
import { createRequestState, type Environment } from "../../core/request/state.js";
import { DEFAULT_HEADERS } from "../../core/request/security-headers.js";

export type RouterDependencies = {
  readonly graphql: ReturnType<typeof createGraphQLDoor>;
  readonly authenticate: Authenticate;
  readonly failureLimit: FailureLimit;
  readonly rest: (app: Hono<Environment>) => void;
  readonly restErrors: RestErrorStyle;
  readonly operations: Operations;
  readonly pages: PageDependencies;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
};

/** What comes before the body of a request. */
export type RequestHead = Pick<IncomingMessage, "method" | "url" | "headers">;

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
export function createRouter(dependencies: RouterDependencies) {
  const { graphql, rest, restErrors, authenticate, failureLimit, operations, pages, clock, random, logger } = dependencies;
  const app = new Hono<Environment>({ getPath: (request) => withoutDoubleSlash(getPath(request)) });
  const graphiQLPage = createGraphiQLPage();
  const refuseOverload = createOverloadRefusal(dependencies);

  app.use(traceRequests(dependencies.tracer));
  app.use(async (context, next) => {
    const startedAt = clock.now().getTime();
    const state = createRequestState(context.req.raw, context.env, { logger, random });
    context.set("state", state);
    await next();
    context.header("X-Request-Id", state.requestId);
    for (const [name, value] of Object.entries(DEFAULT_HEADERS)) if (!context.res.headers.has(name)) context.header(name, value);
    if (state.decision !== null)
      for (const [name, value] of Object.entries(rateLimitHeaders(state.decision, clock.now()))) context.header(name, value);
    const facts = { status: context.res.status, durationMs: clock.now().getTime() - startedAt };
    logRequest(state, context.req.raw, facts);
    countRequest(dependencies.metrics, state, context.req.path, facts);
  });
  app.use(cors({ origin: "*", exposeHeaders: EXPOSED_HEADERS, maxAge: 86_400 }));
  app.use(throwErrorsOnly);
  app.use(`${REST_PATH}/*`, async (context, next) => {
    await operations.run(async (operation) => {
      context.set("operation", operation);
      await next();
    });
  });

  app.all(GRAPHQL_PATH, async (context) => {
    if (wantsGraphiQL(context.req.raw)) return graphiQLPage(context.req.raw);
    const state = context.get("state");
    const authorization = context.req.header("authorization") ?? null;
    const signIn = async () => {
      const principal = await failureLimit.byKey(state.address, () => authenticate(authorization));
      state.principal = principal && { ...principal, deadline: context.get("operation").deadline };
    };
    return graphql.fetch(context.req.raw, { state, operation: context.get("operation"), authenticate: signIn });
  });
  rest(app);
  addPages(app, pages);
  app.notFound(({ req }) => {
    throw new AppError("ENDPOINT_NOT_FOUND", { message: `There is nothing at ${req.path}` });
  });
  app.onError((thrown, context) => answerError(toAppError(thrown), context, restErrors));

  return {
    refuse({ method, url = "/", headers }: RequestHead, findClient: () => Client): RenderedError | null {
      if (!operations.isFull() || method === "OPTIONS") return null;
      const path = withoutDoubleSlash(url.split("?", 1)[0] ?? url);
      return path.startsWith(`${REST_PATH}/`) ? refuseOverload(path, headers, findClient()) : null;
    },
    fetch: async (request: Request, client: Client): Promise<Response> => app.fetch(request, client),
  };
}

/** Some clients join a base that ends in a slash with a path that begins with one. */
function withoutDoubleSlash(path: string): string {
  return path.replace(/^\/{2,}/, "/");
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
function answerError(error: AppError, { req, get }: Context<Environment>, style: RestErrorStyle): Response {
  if (req.raw.signal.aborted) return new Response(null, { status: CLIENT_GONE });
  const state = get("state");
  state.errorReasons.push(error.reason);
  logFailure(state.log, error);
  const { status, headers, body } = renderError(error, { path: req.path, accept: req.header("accept") ?? null, style }, state);
  return new Response(body, { status, headers });
}
