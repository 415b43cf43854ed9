import type { AppError } from "../errors/app-error.js";
import type { RequestFacts } from "../errors/to-graphql.js";
import { PROBLEM_TYPE, toProblem, toRestBody, type RestErrorStyle } from "../errors/to-rest.js";
import { respondToRefusal } from "../graphql/answer.js";
import { GRAPHQL_PATH } from "../graphql/yoga.js";
import { chooseMediaType } from "./accept.js";

/** The answer to a request that failed as a whole outside of its door, in the form in which that door's clients read errors. */
export function respondToError(error: AppError, request: Request, path: string, facts: RequestFacts, style: RestErrorStyle): Response {
  if (path === GRAPHQL_PATH) return respondToRefusal(error, request, facts);
  const type = chooseMediaType(request.headers.get("accept"), ["application/json", PROBLEM_TYPE]) ?? "application/json";
  const body = type === PROBLEM_TYPE ? toProblem(error, facts) : toRestBody(error, facts, style);
  return new Response(JSON.stringify(body), {
    status: error.httpStatus,
    headers: { "Content-Type": type, Vary: "Accept", ...error.headers },
  });
}
