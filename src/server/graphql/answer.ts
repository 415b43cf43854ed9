import type { AppError } from "../../core/errors/app-error.js";
import { isDocumentError, joinVariableErrors } from "../../core/errors/graphql-request-errors.js";
import { logFailure } from "../../core/errors/log-failure.js";
import type { RequestFacts } from "../../core/errors/request-facts.js";
import { shapeGraphQLError } from "../../core/errors/to-graphql.js";
import { renderLongJson } from "./long-json.js";
import type { RenderedAnswer, RenderedError } from "../../core/request/rendered-answer.js";
import type { RequestState } from "../../core/request/state.js";
import { toHeaderList, type HeaderList } from "../../platform/header-list.js";
import { answerTypeOf, type MediaType } from "./media-types.js";
import type { OperationResult } from "./operation-runner.js";

/** An answer with more content is written in pieces. Until then it is cheaper to make its JSON at once. */
const LARGE_BYTES = 1_000_000;

type Rejection = { readonly cause: AppError; readonly inDocument: boolean };
type Shaped = { readonly body: Record<string, unknown>; readonly rejection: Rejection | null };

/** The options of answers. With `hints`, errors suggest names of the schema ("Did you mean ..."). */
export type AnswerOptions = { readonly hints: boolean };

/**
 * Makes the answer to an operation or to a batch. Each error gets the catalogue's form, and the status follows GraphQL over
 * HTTP (section 6.4). A request that was rejected as a whole has no `data`, and has the status of its first error.
 */
export function renderResult(
  result: OperationResult | readonly OperationResult[],
  { state, accept }: { readonly state: RequestState; readonly accept: string | null },
  options: AnswerOptions,
): RenderedAnswer {
  const mediaType = answerTypeOf(accept);
  const { head, body } = isBatch(result)
    ? joinBatch(result.map((item) => shape(item, state, options)))
    : joinOne(shape(result, state, options), mediaType);
  return { ...render(head, mediaType), body: state.contentBytes > LARGE_BYTES ? renderLongJson(body) : JSON.stringify(body) };
}

function isBatch(result: OperationResult | readonly OperationResult[]): result is readonly OperationResult[] {
  return Array.isArray(result);
}

/** Makes the answer to a request that was rejected before its body was read. */
export function renderRejection(error: AppError, accept: string | null, facts: RequestFacts): RenderedError {
  const body = { errors: [shapeGraphQLError(error, facts, { hints: false }).error] };
  const head = { status: error.httpStatus, headers: error.headers };
  return { ...render(head, answerTypeOf(accept)), body: JSON.stringify(body) };
}

function shape(result: OperationResult, state: RequestState, options: AnswerOptions): Shaped {
  if (result.errors === undefined || result.errors.length === 0) return { body: { data: result.data }, rejection: null };
  const shaped = joinVariableErrors(result.errors, options.hints).map((thrown) => ({
    ...shapeGraphQLError(thrown, state, options),
    inDocument: isDocumentError(thrown),
  }));
  const logged = new Set<unknown>();
  for (const { cause, error } of shaped) {
    state.errorReasons.push(cause.reason);
    // One failure may fail many fields. It is logged once.
    const origin = cause.cause ?? cause;
    if (!logged.has(origin)) logFailure(state.log, cause, { path: error.path });
    logged.add(origin);
  }
  const errors = shaped.map(({ error }) => error);
  const [first] = shaped;
  const isRejected = result.data === undefined && first !== undefined;
  return { body: result.data === undefined ? { errors } : { data: result.data, errors }, rejection: isRejected ? first : null };
}

type Joined = { readonly head: Head; readonly body: unknown };

function joinOne({ body, rejection }: Shaped, mediaType: MediaType): Joined {
  return { body, head: { status: statusOf(rejection, mediaType), headers: rejection?.cause.headers } };
}

/** Answers a batch with 200, unless the rate limit rejected every operation. */
function joinBatch(answers: readonly Shaped[]): Joined {
  const body = answers.map((answer) => answer.body);
  const isRejected = answers.every(({ rejection }) => rejection?.cause.reason === "RATE_LIMIT_EXCEEDED");
  return { body, head: isRejected ? { status: 429, headers: answers[0]?.rejection?.cause.headers } : { status: 200 } };
}

/** Chooses the status. For the older `application/json` a mistake in the document is 200, as the audits of GraphQL over HTTP ask. */
function statusOf(rejection: Rejection | null, mediaType: MediaType): number {
  if (rejection === null) return 200;
  return rejection.inDocument && mediaType === "application/json" ? 200 : rejection.cause.httpStatus;
}

const HEADERS: Readonly<Record<MediaType, HeaderList>> = {
  "application/json": ["Content-Type", "application/json; charset=utf-8", "Vary", "Accept"],
  "application/graphql-response+json": ["Content-Type", "application/graphql-response+json; charset=utf-8", "Vary", "Accept"],
};

type Head = { readonly status: number; readonly headers?: Readonly<Record<string, string>> | undefined };

function render({ status, headers }: Head, mediaType: MediaType): Omit<RenderedAnswer, "body"> {
  const own = headers === undefined ? [] : toHeaderList(headers);
  return { status, headers: [...HEADERS[mediaType], ...own] };
}
