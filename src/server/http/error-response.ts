import type { AppError } from "../../core/errors/app-error.js";
import type { RequestFacts } from "../../core/errors/request-facts.js";
import { PROBLEM_TYPE, toProblem, toRestBody, type RestErrorStyle } from "../../core/errors/to-rest.js";
import { renderRejection } from "../graphql/answer.js";
import { GRAPHQL_PATH } from "../../core/request/paths.js";
import type { RenderedError } from "../../core/request/rendered-answer.js";
import { toHeaderList } from "../../platform/header-list.js";
import { chooseMediaType } from "../../core/request/accept.js";

/** What of a request the form of its answer depends on. */
export type ErrorForm = { readonly path: string; readonly accept: string | null; readonly style: RestErrorStyle };

/** Makes the answer to a request that failed as a whole outside of its handler, in the form of the API that its path belongs to. */
export function renderError(error: AppError, { path, accept, style }: ErrorForm, facts: RequestFacts): RenderedError {
  if (path === GRAPHQL_PATH) return renderRejection(error, accept, facts);
  const type = chooseMediaType(accept, ["application/json", PROBLEM_TYPE]) ?? "application/json";
  const body = type === PROBLEM_TYPE ? toProblem(error, facts) : toRestBody(error, facts, style);
  return {
    status: error.httpStatus,
    headers: ["Content-Type", type, "Vary", "Accept", ...toHeaderList(error.headers)],
    body: JSON.stringify(body),
  };
}
