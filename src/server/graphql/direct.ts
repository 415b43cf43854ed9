import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { Authenticator } from "../../core/auth/authenticate.js";
import { AppError } from "../../core/errors/app-error.js";
import { toAppError } from "../../core/errors/from-unknown.js";
import type { FailureLimit } from "../../core/auth/failure-limit.js";
import type { BodyMemory } from "../../core/load/body-memory.js";
import { decodeUtf8, readNodeBody, withoutKey } from "../../core/request/read-body.js";
import type { RenderedAnswer } from "../../core/request/rendered-answer.js";
import type { RequestState } from "../../core/request/state.js";
import { renderResult } from "./answer.js";
import { parseParameters } from "./parameters.js";
import type { OperationResult } from "./operation-runner.js";
import { addDecision, requireGranted, type Pipeline } from "./pipeline.js";
import { parseBody, requireReadable } from "./request-body.js";

/** A POST request as Node's HTTP server gives it. */
export type DirectRequest = { readonly headers: IncomingHttpHeaders; readonly body: Readable };

/** A batch, whose bytes have been read: Yoga takes it apart. */
export type Batch = { readonly batch: Uint8Array };

type Dependencies = {
  readonly pipeline: Pipeline;
  readonly authenticator: Authenticator;
  readonly failureLimit: FailureLimit;
  readonly bodyMemory: BodyMemory;
};

type Caller = { readonly confirmed: Promise<unknown> | undefined };

const OPENING_BRACKET = "[".charCodeAt(0);
const WHITESPACE: ReadonlySet<number> = new Set(Buffer.from(" \n\r\t"));

/**
 * GraphQL for requests of Node's HTTP server: POST with one operation, which nearly all requests are. It goes through the
 * same pipeline as a web request does, and past the Request, Response and streams between the two, which cost five times
 * as much as running a small operation.
 */
export function createDirectGraphQL({ pipeline, authenticator, failureLimit, bodyMemory }: Dependencies) {
  const { bodyLimit, mostOperations, hints, limit, run, clock } = pipeline;

  /** A caller who was seen before is taken at the word while the database is asked; nobody is answered before it has confirmed it. */
  function identify(authorization: string | null, state: RequestState): Caller | Promise<Caller> {
    const claim = authenticator.claim(authorization);
    if (claim === null) return authenticate(authorization, state);
    state.principal = claim.principal;
    return { confirmed: claim.confirmed };
  }

  async function authenticate(authorization: string | null, state: RequestState): Promise<Caller> {
    state.principal = await failureLimit.byKey(state.address, authenticator.authenticate(authorization));
    return { confirmed: undefined };
  }

  async function process({ headers, body }: DirectRequest, state: RequestState, { confirmed }: Caller): Promise<OperationResult | Batch> {
    const lease = bodyMemory.lease();
    try {
      requireReadable({
        method: "POST",
        accept: headers.accept ?? null,
        contentType: headers["content-type"],
        contentEncoding: headers["content-encoding"],
      });
      const reading = { limit: state.principal === null ? withoutKey(bodyLimit) : bodyLimit, lease };
      const bytes = await readNodeBody(body, headers["content-length"], reading);
      if (isBatch(bytes)) return { batch: bytes };
      const given = parseBody(decodeUtf8(bytes), mostOperations);
      state.decision = await limit(state, 1);
      requireGranted(state, 0, clock);
      return await run(parseParameters(given), { method: "POST", state, confirmed });
    } catch (thrown) {
      return { errors: [toAppError(thrown)] };
    } finally {
      lease.release();
    }
  }

  async function identifyAndProcess(request: DirectRequest, state: RequestState): Promise<OperationResult | Batch> {
    try {
      const caller = await identify(request.headers.authorization ?? null, state);
      const result = await process(request, state, caller);
      if (caller.confirmed !== undefined && !isTurnedAway(result)) await failureLimit.byKey(state.address, caller.confirmed);
      return result;
    } catch (thrown) {
      return { errors: [toAppError(thrown)] };
    }
  }

  return async (request: DirectRequest, state: RequestState): Promise<RenderedAnswer | Batch> => {
    const result = await identifyAndProcess(request, state);
    if ("batch" in result) return result;
    await addDecision(state, limit);
    return renderResult(result, { state, accept: request.headers.accept ?? null }, { hints });
  };
}

/** Whether there was no room for an operation within its limit or in the server. That is said at once, and tells no more than a wrong key would learn. */
function isTurnedAway(result: OperationResult | Batch): boolean {
  const [error] = "batch" in result ? [] : (result.errors ?? []);
  return error instanceof AppError && (error.reason === "RATE_LIMIT_EXCEEDED" || error.reason === "UPSTREAM_UNAVAILABLE");
}

function isBatch(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => !WHITESPACE.has(byte));
  return first === OPENING_BRACKET;
}
