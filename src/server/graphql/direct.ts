import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { Authenticate } from "../../core/auth/authenticate.js";
import { toAppError } from "../../core/errors/from-unknown.js";
import type { FailureLimit } from "../../core/auth/failure-limit.js";
import type { RenderedAnswer } from "../../core/request/rendered-answer.js";
import type { RequestState } from "../../core/request/state.js";
import { renderResult } from "./answer.js";
import { parseParameters } from "./parameters.js";
import type { OperationResult } from "./operation-runner.js";
import { addDecision, requireGranted, type Pipeline } from "./pipeline.js";
import { requireReadable } from "./request-body.js";

/** A POST request as Node's HTTP server gives it. */
export type DirectRequest = { readonly headers: IncomingHttpHeaders; readonly body: Readable };

type Dependencies = {
  readonly pipeline: Pipeline;
  readonly authenticate: Authenticate;
  readonly failureLimit: FailureLimit;
};

type Result = OperationResult | readonly OperationResult[];

/**
 * GraphQL for POST requests of Node's HTTP server, which nearly all requests are. It goes through the same pipeline as a web
 * request does, and past the Request, Response and streams between the two, which cost five times as much as running a small
 * operation.
 */
export function createDirectGraphQL({ pipeline, authenticate, failureLimit }: Dependencies) {
  const { bodies, hints, limit, run, clock } = pipeline;

  async function runOne(given: unknown, index: number, state: RequestState): Promise<OperationResult> {
    try {
      requireGranted(state, index, clock);
      return await run(parseParameters(given), { method: "POST", state });
    } catch (thrown) {
      return { errors: [toAppError(thrown)] };
    }
  }

  async function runAll(given: object | readonly unknown[], state: RequestState): Promise<Result> {
    const isBatch = Array.isArray(given);
    state.decision = await limit(state, isBatch ? given.length : 1);
    return isBatch ? Promise.all(given.map((operation, index) => runOne(operation, index, state))) : runOne(given, 0, state);
  }

  async function process({ headers, body }: DirectRequest, state: RequestState): Promise<Result> {
    try {
      state.principal = await failureLimit.byKey(state.address, authenticate(headers.authorization ?? null));
      requireReadable({
        method: "POST",
        accept: headers.accept ?? null,
        contentType: headers["content-type"],
        contentEncoding: headers["content-encoding"],
      });
      const lease = bodies.lease(state);
      try {
        return await runAll(await bodies.readNode(body, headers["content-length"], { state, lease }), state);
      } finally {
        lease.release();
      }
    } catch (thrown) {
      return { errors: [toAppError(thrown)] };
    }
  }

  return async (request: DirectRequest, state: RequestState): Promise<RenderedAnswer> => {
    const result = await process(request, state);
    await addDecision(state, limit);
    return renderResult(result, { state, accept: request.headers.accept ?? null }, { hints });
  };
}
