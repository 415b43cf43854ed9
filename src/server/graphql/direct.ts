import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { Authenticate } from "../../core/auth/authenticate.js";
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
  readonly authenticate: Authenticate;
  readonly failureLimit: FailureLimit;
  readonly bodyMemory: BodyMemory;
};

const OPENING_BRACKET = "[".charCodeAt(0);
const WHITESPACE: ReadonlySet<number> = new Set(Buffer.from(" \n\r\t"));

/**
 * GraphQL for requests of Node's HTTP server: POST with one operation, which nearly all requests are. It goes through the
 * same pipeline as a web request does, and past the Request, Response and streams between the two, which cost five times
 * as much as running a small operation.
 */
export function createDirectGraphQL({ pipeline, authenticate, failureLimit, bodyMemory }: Dependencies) {
  const { bodyLimit, mostOperations, hints, limit, run, clock } = pipeline;

  async function process({ headers, body }: DirectRequest, state: RequestState): Promise<OperationResult | Batch> {
    const lease = bodyMemory.lease();
    try {
      state.principal = await failureLimit.byKey(state.address, authenticate(headers.authorization ?? null));
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
      return await run(parseParameters(given), { method: "POST", state });
    } catch (thrown) {
      return { errors: [toAppError(thrown)] };
    } finally {
      lease.release();
    }
  }

  return async (request: DirectRequest, state: RequestState): Promise<RenderedAnswer | Batch> => {
    const result = await process(request, state);
    if ("batch" in result) return result;
    await addDecision(state, limit);
    return renderResult(result, { state, accept: request.headers.accept ?? null }, { hints });
  };
}

function isBatch(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => !WHITESPACE.has(byte));
  return first === OPENING_BRACKET;
}
