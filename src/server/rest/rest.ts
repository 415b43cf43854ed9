import type { Context, Hono } from "hono";
import type { Config } from "../../config.js";
import type { Authenticate } from "../../core/auth/authenticate.js";
import { unauthenticated } from "../../core/auth/bearer-token.js";
import type { FailureLimit } from "../../core/auth/failure-limit.js";
import { requireScope, type Principal } from "../../core/auth/principal.js";
import { AppError } from "../../core/errors/app-error.js";
import { withinMemory, withoutKey, withoutSessions, type BodyLimit } from "../../core/request/read-body.js";
import type { Environment, RequestState } from "../../core/request/state.js";
import { REST_PATH } from "../../core/request/paths.js";
import { SMALL_BYTES, type ContentLease, type ContentMemory } from "../../core/load/content-memory.js";
import type { Operation, Operations } from "../../core/load/operations.js";
import type { BodyRate } from "../../core/request/body-rate.js";
import { claimOf, ownerOf } from "../../core/request/owner.js";
import type { Policy } from "../../core/limits/policy.js";
import { rateLimited, type RateLimiter } from "../../core/limits/rate-limiter.js";
import type { Clock } from "../../platform/clock.js";
import type { Services } from "../../features/services.js";
import { toOpenApi } from "./openapi.js";
import { readJson, type UploadLimits } from "./read-json.js";
import type { Access, RestRoute } from "../../kits/rest/route.js";
import { restRoutes } from "./routes.js";

type Dependencies = {
  readonly services: Services;
  readonly rateLimiter: RateLimiter;
  readonly operations: Operations;
  readonly contentMemory: ContentMemory;
  readonly bodyRate: BodyRate;
  readonly clock: Clock;
  readonly config: Pick<Config, "restErrors" | "publicUrl" | "uploads"> & { readonly rateLimits: { readonly rest: Policy } };
  readonly failureLimit: FailureLimit;
  /** Authenticates keys and access tokens. */
  readonly authenticate: Authenticate;
  /** Authenticates keys and tokens that can be exchanged for access tokens. */
  readonly authenticateRefresh: Authenticate;
};

/** Adds every route of the REST API to the application. All have these steps in common, in this order: caller, limit, body, slot. */
export function addRest(app: Hono<Environment>, dependencies: Dependencies): void {
  const { services, config, failureLimit, operations, contentMemory, bodyRate } = dependencies;
  const uploads = mapLimits(config.uploads, (limit) => withinMemory(limit, contentMemory));
  const shortBodies = mapLimits(uploads, withoutSessions);
  const anonymousBodies = mapLimits(uploads, withoutKey);

  async function answer(route: RestRoute, context: Context<Environment>): Promise<Response> {
    const { req } = context;
    const state = context.get("state");
    state.operationNames.push(`${route.method} ${route.path}`);
    const limits = route.access === "code" ? anonymousBodies : route.textsInPieces === undefined ? shortBodies : uploads;
    let lease: ContentLease | undefined;
    async function readBody(textsInPieces: ReadonlySet<string> | undefined): Promise<unknown> {
      lease = contentMemory.lease(ownerOf(state)); // by now it is known whose it is
      const body = await readJson(req.raw, { limits, lease, rate: bodyRate });
      state.isUpload = body.bytes() > SMALL_BYTES;
      return body.parse(textsInPieces);
    }
    const call = {
      request: req.raw,
      state,
      services,
      params: req.param() as Record<string, string>,
      query: req.query(),
      readBody,
      inSlot: <T>(work: (operation: Operation) => Promise<T>) => operations.run(claimOf(state), work),
    };
    try {
      if (route.access === "code") return await failureLimit.byCode(state.address, () => route.answer({ ...call, principal: null }));
      const principal = await admit({ access: route.access, authorization: req.header("authorization") ?? null, state }, dependencies);
      for (const scope of route.scopes ?? []) requireScope(principal, scope);
      return await withoutBody(req.raw.method, await route.answer({ ...call, principal }));
    } finally {
      lease?.release();
    }
  }

  const methods = new Map<string, string[]>();
  for (const route of restRoutes) {
    const path = `${REST_PATH}${toHonoPath(route.path)}`;
    app.on(route.method, path, (context) => answer(route, context));
    methods.set(path, [...(methods.get(path) ?? []), route.method, ...(route.method === "GET" ? ["HEAD"] : [])]);
  }
  const openApi = JSON.stringify(toOpenApi(restRoutes, `${config.publicUrl ?? ""}${REST_PATH}`, config.restErrors));
  app.get(`${REST_PATH}/openapi.json`, (context) => context.body(openApi, 200, { "Content-Type": "application/json" }));
  methods.set(`${REST_PATH}/openapi.json`, ["GET", "HEAD"]);
  for (const [path, allowed] of methods) app.all(path, ({ req }) => rejectMethod(req.method, allowed));
}

function mapLimits({ sent, unzipped }: UploadLimits, change: (limit: BodyLimit) => BodyLimit): UploadLimits {
  return { sent: change(sent), unzipped: change(unzipped) };
}

/** Ends the stream of an answer to HEAD, which nobody reads. */
async function withoutBody(method: string, response: Response): Promise<Response> {
  if (method !== "HEAD" || response.body === null) return response;
  await response.body.cancel();
  return new Response(null, response);
}

type Arrival = { readonly access: Exclude<Access, "code">; readonly authorization: string | null; readonly state: RequestState };

/** Authenticates the caller, and takes the request from the key's budget. */
async function admit(
  { access, authorization, state }: Arrival,
  { authenticate, authenticateRefresh, failureLimit, rateLimiter, config, clock }: Dependencies,
): Promise<Principal> {
  const resolve = access === "key" ? authenticate : authenticateRefresh;
  const principal = await failureLimit.byKey(state.address, resolve(authorization));
  if (principal === null) throw unauthenticated("MISSING_TOKEN");
  state.principal = principal;
  state.decision = await rateLimiter.consume(`rest|key|${principal.budgetId}`, principal.rateLimit ?? config.rateLimits.rest);
  if (state.decision.granted === 0) throw rateLimited(state.decision, clock);
  return principal;
}

/** Converts a path such as `/projects/{projectId}` to Hono's form. */
function toHonoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}

function rejectMethod(method: string, allowed: readonly string[]): never {
  const message = `This address does not take ${method}`;
  throw new AppError("ENDPOINT_NOT_FOUND", { message, httpStatus: 405, headers: { Allow: allowed.join(", ") } });
}
