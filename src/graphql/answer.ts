import type { ExecutionResult } from "graphql";
import type { Plugin } from "graphql-yoga";
import { AppError } from "../errors/app-error.js";
import { isDocumentError } from "../errors/graphql-request-errors.js";
import { shapeGraphQLError } from "../errors/to-graphql.js";
import { logFailure } from "../errors/log-failure.js";
import { chooseMediaType } from "../http/accept.js";
import type { RequestState } from "./context.js";

/** The first is for clients that take anything; newer ones name the second. */
const MEDIA_TYPES = ["application/json", "application/graphql-response+json"] as const;
type MediaType = (typeof MEDIA_TYPES)[number];

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
      const mediaType = chooseMediaType(request.headers.get("accept"), MEDIA_TYPES);
      setResultProcessor(() => {
        if (mediaType === null) return respond(shape({ errors: [notAcceptable()] }, state, hints), "application/json");
        if (!Array.isArray(result)) return respond(shape(result as ExecutionResult, state, hints), mediaType);
        return respondToBatch(
          result.map((item) => shape(item as ExecutionResult, state, hints)),
          mediaType,
        );
      }, mediaType ?? "application/json");
    },
  };
}

function notAcceptable(): AppError {
  return new AppError("INVALID_PARAMETER", { message: `The answer can be ${MEDIA_TYPES.join(" or ")}`, httpStatus: 406 });
}

function shape(result: { readonly data?: unknown; readonly errors?: readonly unknown[] }, state: RequestState, hints: boolean): Answer {
  const shaped = (result.errors ?? []).map((thrown) => ({ ...shapeGraphQLError(thrown, state, { hints }), thrown }));
  for (const { cause, error } of shaped) {
    state.errorReasons.push(cause.reason);
    logFailure(state.log, cause, { path: error.path });
  }
  const errors = shaped.length > 0 ? { errors: shaped.map(({ error }) => error.toJSON()) } : {};
  const [first] = shaped;
  const refusal =
    result.data === undefined && first !== undefined ? { cause: first.cause, inDocument: isDocumentError(first.thrown) } : null;
  return { body: { ...(result.data === undefined ? {} : { data: result.data }), ...errors }, refusal };
}

function respond({ body, refusal }: Answer, mediaType: MediaType): Response {
  return json(body, mediaType, statusOf(refusal, mediaType), refusal?.cause.headers);
}

/** A batch is answered with 200, unless every operation was refused by the rate limit. */
function respondToBatch(answers: readonly Answer[], mediaType: MediaType): Response {
  const refused = answers.every(({ refusal }) => refusal?.cause.reason === "RATE_LIMIT_EXCEEDED");
  const headers = answers.find(({ refusal }) => refusal?.cause.reason === "RATE_LIMIT_EXCEEDED")?.refusal?.cause.headers;
  return json(
    answers.map(({ body }) => body),
    mediaType,
    refused ? 429 : 200,
    headers,
  );
}

/** A mistake in the document is 200 to a client of the older `application/json`: the draft's audits ask for it. */
function statusOf(refusal: Refusal | null, mediaType: MediaType): number {
  if (refusal === null) return 200;
  return refusal.inDocument && mediaType === "application/json" ? 200 : refusal.cause.httpStatus;
}

function json(body: unknown, mediaType: MediaType, status: number, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": `${mediaType}; charset=utf-8`, ...headers } });
}
