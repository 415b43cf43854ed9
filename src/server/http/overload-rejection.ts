import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { RestErrorStyle } from "../../core/errors/to-rest.js";
import type { Authenticator } from "../../core/auth/authenticate.js";
import { ownerOf } from "../../core/request/owner.js";
import type { Clock } from "../../platform/clock.js";
import type { Logger } from "../../platform/logger.js";
import type { Metrics } from "../../platform/metrics.js";
import type { Random } from "../../platform/random.js";
import type { Client } from "../../core/request/client-address.js";
import type { Operations } from "../../core/load/operations.js";
import { overloaded } from "../../core/load/overloaded.js";
import type { RenderedAnswer, RenderedError } from "../../core/request/rendered-answer.js";
import { toHeaderList, type HeaderList } from "../../platform/header-list.js";
import { corsHeadersOf } from "./cors.js";
import { renderError } from "./error-response.js";
import { REST_PATH } from "../../core/request/paths.js";
import { withoutDoubleSlash } from "./router.js";
import { countError, surfaceOf } from "./request-metrics.js";
import { chooseOrigin, originOfHost } from "../../core/request/origin.js";
import { idOf } from "../../core/request/state.js";
import { DEFAULT_HEADERS } from "../../core/request/security-headers.js";

/** What comes before the body of a request. */
export type RequestHead = Pick<IncomingMessage, "method" | "url" | "headers">;

type Dependencies = {
  readonly operations: Operations;
  readonly recall: Authenticator["recall"];
  readonly restErrors: RestErrorStyle;
  readonly publicUrl: string | undefined;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
};

const LOG_EVERY_MS = 1_000;

/** What differs between two rejections of one form. */
const REQUEST_ID = "{requestId}";

/** What rejections with the same surface, format and links have in common. The body is cut where the id of the request stands. */
type Form = { readonly status: number; readonly headers: HeaderList; readonly body: readonly string[] };

/** Clients send a few values of Accept and Host. The answer for any further one is made each time. */
const MOST_FORMS = 100;

/**
 * Answers a request whose caller gets neither a slot nor a chance of one in time, before anything else is done for it: an
 * overloaded server must not spend its time on rejections. Hence they are made past the layers that other answers go
 * through, and the log has one line a second for all of them.
 */
export function createOverloadRejection({ operations, recall, restErrors, publicUrl, metrics, clock, random, logger }: Dependencies) {
  const error = overloaded();
  const forms = new Map<string, Form>();
  const arrivals = createArrivals();
  let rejected = 0;
  let loggedAtMs = Number.NEGATIVE_INFINITY;

  function record(path: string): void {
    metrics.rejection(surfaceOf(path), error.httpStatus);
    countError(metrics, error.reason);
    rejected += 1;
    const nowMs = clock.monotonicMs();
    if (nowMs - loggedAtMs < LOG_EVERY_MS) return;
    logger.warn({ rejected }, "overloaded: requests rejected since the last such line");
    rejected = 0;
    loggedAtMs = nowMs;
  }

  function makeForm(path: string, accept: string | null, origin: string): Form {
    const rendered = renderError(error, { path, accept, style: restErrors }, { requestId: REQUEST_ID, origin });
    const headers = [...toHeaderList(DEFAULT_HEADERS), ...corsHeadersOf(path), ...rendered.headers];
    return { status: rendered.status, headers, body: rendered.body.split(REQUEST_ID) };
  }

  function formOf(path: string, { accept, host }: IncomingHttpHeaders, client: Client): Form {
    const key = [surfaceOf(path), accept, client.origin, host].join("\n");
    const known = forms.get(key);
    if (known !== undefined) return known;
    const form = makeForm(path, accept ?? null, chooseOrigin({ publicUrl, proxied: client.origin, find: () => originOfHost(host) }));
    if (forms.size < MOST_FORMS) forms.set(key, form);
    return form;
  }

  function reject(path: string, headers: IncomingHttpHeaders, client: Client): RenderedAnswer {
    record(path);
    const requestId = idOf(headers["x-request-id"], random);
    const form = formOf(path, headers, client);
    return { status: form.status, headers: [...form.headers, "X-Request-Id", requestId], body: form.body.join(requestId) };
  }

  return ({ method, url = "/", headers }: RequestHead, findClient: () => Client): RenderedAnswer | null => {
    if (operations.counts().waiting === 0 || method === "OPTIONS") return null;
    const path = withoutDoubleSlash(url.split("?", 1)[0] ?? url);
    if (!path.startsWith(`${REST_PATH}/`)) return null;
    const client = findClient();
    const principal = recall(headers.authorization);
    if (principal === null && headers.authorization !== undefined) return null; // it is not known yet whose it is
    const { name } = ownerOf({ principal, address: client.address });
    if (operations.isFull(name, arrivals.of(name))) return reject(path, headers, client);
    arrivals.add(name);
    return null;
  };
}

/**
 * Counts the requests of each owner that were let in during this turn of the event loop. Most ask for a slot at its end: without
 * the count, all requests that come in one turn would pass for each place that becomes free, and be rejected at great cost.
 */
function createArrivals() {
  const arriving = new Map<string, number>();
  return {
    of: (owner: string): number => arriving.get(owner) ?? 0,
    add(owner: string): void {
      if (arriving.size === 0) setImmediate(() => arriving.clear());
      arriving.set(owner, (arriving.get(owner) ?? 0) + 1);
    },
  };
}

/** Makes the answer to a connection that is one too many of its address. Nothing is known of its requests. */
export function createConnectionRejection({ restErrors, publicUrl, random }: Pick<Dependencies, "restErrors" | "publicUrl" | "random">) {
  const error = overloaded("Your address has as many connections as it may (MAX_CONNECTIONS)");
  return (): RenderedError => {
    const requestId = random.uuid();
    const facts = { requestId, origin: publicUrl ?? originOfHost() };
    const { status, headers, body } = renderError(error, { path: "/", accept: null, style: restErrors }, facts);
    return { status, headers: [...toHeaderList(DEFAULT_HEADERS), ...headers, "X-Request-Id", requestId], body };
  };
}
