import type { ExecutionResult } from "graphql";
import type { Plugin } from "graphql-yoga";
import type { AppError } from "../../core/errors/app-error.js";
import { isDocumentError, joinVariableErrors } from "../../core/errors/graphql-request-errors.js";
import { logFailure } from "../../core/errors/log-failure.js";
import type { RequestFacts } from "../../core/errors/request-facts.js";
import { shapeGraphQLError } from "../../core/errors/to-graphql.js";
import type { RenderedError } from "../../core/request/rendered-error.js";
import type { RequestState } from "../../core/request/state.js";
import { answerTypeOf, type MediaType } from "./media-types.js";

type Refusal = { readonly cause: AppError; readonly inDocument: boolean };
type Answer = { readonly body: Record<string, unknown>; readonly refusal: Refusal | null };

/**
 * The last step of every GraphQL request: each error takes the catalogue's form, and the status follows GraphQL over
 * HTTP (section 6.4). A request that was refused as a whole has no `data` and the status of its first error.
 */
export function useAnswer({ hints }: { readonly hints: boolean }): Plugin<Record<string, never>, { state: RequestState }> {
  return {
    onResultProcess({ request, result, serverContext, setResultProcessor }) {
      const { state } = serverContext;
      const mediaType = answerTypeOf(request.headers.get("accept"));
      setResultProcessor(() => {
        if (!Array.isArray(result)) return respond(shape(result as ExecutionResult, state, hints), mediaType);
        return respondToBatch(
          result.map((item) => shape(item as ExecutionResult, state, hints)),
          mediaType,
        );
      }, mediaType);
    },
  };
}

function shape(result: { readonly data?: unknown; readonly errors?: readonly unknown[] }, state: RequestState, hints: boolean): Answer {
  const shaped = joinVariableErrors(result.errors ?? [], hints).map((thrown) => ({
    ...shapeGraphQLError(thrown, state, { hints }),
    inDocument: isDocumentError(thrown),
  }));
  const logged = new Set<unknown>();
  for (const { cause, error } of shaped) {
    state.errorReasons.push(cause.reason);
    // Many fields may wait for one thing that fails: its stack is worth one line.
    const origin = cause.cause ?? cause;
    if (!logged.has(origin)) logFailure(state.log, cause, { path: error.path });
    logged.add(origin);
  }
  const errors = shaped.length > 0 ? { errors: shaped.map(({ error }) => error.toJSON()) } : {};
  const [first] = shaped;
  return {
    body: { ...(result.data === undefined ? {} : { data: result.data }), ...errors },
    refusal: result.data === undefined && first !== undefined ? first : null,
  };
}

function respond({ body, refusal }: Answer, mediaType: MediaType): Response {
  return json(body, mediaType, statusOf(refusal, mediaType), refusal?.cause.headers);
}

/** The answer to a request that was refused before any of it was read. */
export function renderRefusal(error: AppError, accept: string | null, facts: RequestFacts): RenderedError {
  const body = JSON.stringify({ errors: [shapeGraphQLError(error, facts, { hints: false }).error.toJSON()] });
  return { status: error.httpStatus, headers: { ...headersOf(answerTypeOf(accept)), ...error.headers }, body };
}

/** A batch is answered with 200, unless every operation was refused by the rate limit. */
function respondToBatch(answers: readonly Answer[], mediaType: MediaType): Response {
  const bodies = answers.map(({ body }) => body);
  const isRefused = answers.every(({ refusal }) => refusal?.cause.reason === "RATE_LIMIT_EXCEEDED");
  return isRefused ? json(bodies, mediaType, 429, answers[0]?.refusal?.cause.headers) : json(bodies, mediaType, 200);
}

/** A mistake in the document is 200 to a client of the older `application/json`: the draft's audits ask for it. */
function statusOf(refusal: Refusal | null, mediaType: MediaType): number {
  if (refusal === null) return 200;
  return refusal.inDocument && mediaType === "application/json" ? 200 : refusal.cause.httpStatus;
}

function json(body: unknown, mediaType: MediaType, status: number, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { ...headersOf(mediaType), ...headers } });
}

function headersOf(mediaType: MediaType) {
  return { "Content-Type": `${mediaType}; charset=utf-8`, Vary: "Accept" };
}
