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
import type { Client } from "../../core/request/client-address.js";
import { GRAPHQL_PATH, REST_PATH } from "../../core/request/paths.js";
import { toResponse } from "../../core/request/rendered-answer.js";
import { DEFAULT_HEADERS } from "../../core/request/security-headers.js";
import type { Environment, OnClose } from "../../core/request/state.js";
import type { createWebGraphQL } from "../graphql/yoga.js";
import { createGraphiQLPage, wantsGraphiQL } from "../pages/graphiql-page.js";
import { addPages, type PageDependencies } from "../pages/pages.js";
import { headerPairs } from "../../platform/header-list.js";
import { CORS_MAX_AGE_SECONDS, EXPOSED_HEADERS } from "./cors.js";
import { renderError } from "./error-response.js";
import type { Exchanges } from "./exchanges.js";
import { traceExchange } from "./request-tracing.js";

export type RouterDependencies = {
  readonly graphql: ReturnType<typeof createWebGraphQL>;
  readonly authenticate: Authenticate;
  readonly failureLimit: FailureLimit;
  readonly rest: (app: Hono<Environment>) => void;
  readonly restErrors: RestErrorStyle;
  readonly pages: PageDependencies;
  readonly exchanges: Exchanges;
  /** Null where nothing is traced. */
  readonly tracer: Tracer | null;
};

/** Headers that an answer may bring of its own. */
const KEPT_HEADERS: ReadonlySet<string> = new Set(Object.keys(DEFAULT_HEADERS));

/** What the log says of a request whose client did not wait for the answer. */
export const CLIENT_GONE = 499;

/** The client of a web request. */
export type WebClient = Client & { readonly onClose: OnClose };

/** Leads every web request to its handler, and puts the id, the limits and one log line around its answer. */
export function createRouter(dependencies: RouterDependencies): (request: Request, client: WebClient) => Promise<Response> {
  const { graphql, rest, restErrors, authenticate, failureLimit, pages, exchanges, tracer } = dependencies;
  const app = new Hono<Environment>({ getPath: (request) => withoutDoubleSlash(getPath(request)) });
  const graphiQLPage = createGraphiQLPage();

  app.use(async (context, next) => {
    const { raw, method } = context.req;
    const address = new URL(raw.url);
    const head = { requestId: raw.headers.get("x-request-id"), findOrigin: () => address.origin };
    const exchange = exchanges.begin({ head, client: context.env, onClose: context.env.onClose });
    const { state } = exchange;
    context.set("state", state);
    await traceExchange(
      tracer,
      { method, path: context.req.path, state, header: (name) => raw.headers.get(name) ?? undefined },
      async () => {
        await next();
        return context.res.status;
      },
    );
    const { headers } = context.res; // Hono's own `header` makes a new response for each header
    for (const [name, value] of headerPairs(exchanges.headersOf(state, context.req.path)))
      if (!KEPT_HEADERS.has(name) || !headers.has(name)) headers.set(name, value);
    exchanges.end(exchange, { method, path: address.pathname, status: context.res.status });
  });
  // Only for preflight requests. On others it would make a response before the handler does, and each would be copied.
  app.options(`${REST_PATH}/*`, cors({ origin: "*", exposeHeaders: EXPOSED_HEADERS, maxAge: CORS_MAX_AGE_SECONDS }));
  app.use(throwErrorsOnly);

  app.all(GRAPHQL_PATH, async (context) => {
    if (wantsGraphiQL(context.req.raw)) return graphiQLPage(context.req.raw);
    const state = context.get("state");
    const authorization = context.req.header("authorization") ?? null;
    const signIn = () => failureLimit.byKey(state.address, authenticate(authorization));
    return graphql.fetch(context.req.raw, { state, authenticate: signIn });
  });
  rest(app);
  addPages(app, pages);
  app.notFound(({ req }) => {
    throw new AppError("ENDPOINT_NOT_FOUND", { message: `There is nothing at ${req.path}` });
  });
  app.onError((thrown, context) => answerError(toAppError(thrown), context, restErrors));

  return async (request, client) => app.fetch(request, client);
}

/** Some clients join a base that ends in a slash with a path that begins with one. */
export function withoutDoubleSlash(path: string): string {
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
  return toResponse(renderError(error, { path: req.path, accept: req.header("accept") ?? null, style }, state));
}
