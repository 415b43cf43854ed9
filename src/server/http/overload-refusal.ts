import type { IncomingHttpHeaders } from "node:http";
import type { RestErrorStyle } from "../../core/errors/to-rest.js";
import type { Clock } from "../../platform/clock.js";
import type { Logger } from "../../platform/logger.js";
import type { Metrics } from "../../platform/metrics.js";
import type { Random } from "../../platform/random.js";
import type { Client } from "../../core/request/client-address.js";
import { overloaded } from "../../core/load/overloaded.js";
import type { RenderedError } from "../../core/request/rendered-error.js";
import { renderError } from "./error-response.js";
import { countError, doorOf } from "./request-metrics.js";
import { idOf } from "../../core/request/state.js";
import { DEFAULT_HEADERS } from "../../core/request/security-headers.js";

type Dependencies = {
  readonly restErrors: RestErrorStyle;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
};

const LOG_EVERY_MS = 1_000;

/** What differs between two refusals of one form, in the answer that is made once for all of them. */
const REQUEST_ID = "{requestId}";
const ORIGIN = "{origin}";

const CORS_HEADERS = { "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "X-Request-Id, Retry-After" };

/** Clients send a few values of Accept. An answer for any further one is made each time. */
const MOST_FORMS = 100;

/**
 * The answer to a request for which there is no place, made before anything else is: a server that has too much to do
 * must not spend its time on saying so. Hence it is written past the layers that other answers go through, and the log
 * has one line a second for all of them.
 */
export function createOverloadRefusal({ restErrors, metrics, clock, random, logger }: Dependencies) {
  const error = overloaded();
  const forms = new Map<string, RenderedError>();
  let refused = 0;
  let loggedAtMs = Number.NEGATIVE_INFINITY;

  function note(path: string): void {
    metrics.refusal(doorOf(path), error.httpStatus);
    countError(metrics, error.reason);
    refused += 1;
    const nowMs = clock.now().getTime();
    if (nowMs - loggedAtMs < LOG_EVERY_MS) return;
    logger.warn({ refused }, "overloaded: requests refused since the last such line");
    refused = 0;
    loggedAtMs = nowMs;
  }

  function formOf(path: string, accept: string | null): RenderedError {
    const key = `${doorOf(path)} ${accept}`;
    const known = forms.get(key);
    if (known !== undefined) return known;
    const rendered = renderError(error, { path, accept, style: restErrors }, { requestId: REQUEST_ID, origin: ORIGIN });
    const form = { ...rendered, headers: { ...DEFAULT_HEADERS, ...CORS_HEADERS, ...rendered.headers } };
    if (forms.size < MOST_FORMS) forms.set(key, form);
    return form;
  }

  return (path: string, headers: IncomingHttpHeaders, client: Client): RenderedError => {
    note(path);
    const requestId = idOf(headers["x-request-id"], random);
    const origin = client.origin ?? originOfHost(headers);
    const form = formOf(path, headers.accept ?? null);
    const body = form.body.replaceAll(REQUEST_ID, requestId).replaceAll(ORIGIN, () => inJson(origin));
    return { status: form.status, headers: { ...form.headers, "X-Request-Id": requestId }, body };
  };
}

/** The origin that a request without a proxy has, as every other answer reads it from the request's address. */
function originOfHost({ host = "localhost" }: IncomingHttpHeaders): string {
  const address = `http://${host}`;
  return URL.canParse(address) ? new URL(address).origin : "http://localhost";
}

/** As it stands between the quotes of a JSON text. */
function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
