import type { AppError } from "../errors/app-error.js";
import type { RequestFacts } from "../errors/to-graphql.js";
import { PROBLEM_TYPE, toProblem, toRestBody, type RestErrorStyle } from "../errors/to-rest.js";
import { renderRefusal } from "../graphql/answer.js";
import { GRAPHQL_PATH } from "../graphql/yoga.js";
import { chooseMediaType } from "./accept.js";

/** An answer before it is a Response. */
export type RenderedError = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string };

/** What of a request the form of its answer depends on. */
export type ErrorForm = { readonly path: string; readonly accept: string | null; readonly style: RestErrorStyle };

/** The answer to a request that failed as a whole outside of its door, in the form in which that door's clients read errors. */
export function renderError(error: AppError, { path, accept, style }: ErrorForm, facts: RequestFacts): RenderedError {
  if (path === GRAPHQL_PATH) return renderRefusal(error, accept, facts);
  const type = chooseMediaType(accept, ["application/json", PROBLEM_TYPE]) ?? "application/json";
  const body = type === PROBLEM_TYPE ? toProblem(error, facts) : toRestBody(error, facts, style);
  return { status: error.httpStatus, headers: { "Content-Type": type, Vary: "Accept", ...error.headers }, body: JSON.stringify(body) };
}
