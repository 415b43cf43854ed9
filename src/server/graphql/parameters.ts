import { z } from "zod";
import { AppError } from "../../core/errors/app-error.js";
import { parseInput } from "../../core/errors/parse-input.js";

const jsonObject = z.looseObject({}, "must be an object").nullish();

/** The parameters of an operation (GraphQL over HTTP, section 5). */
const parameters = z.strictObject({
  query: z.string("must be text"),
  operationName: z.string("must be text").nullish(),
  variables: jsonObject,
  extensions: jsonObject,
});

export type Parameters = z.output<typeof parameters>;

/** @throws VALIDATION_ERROR for parameters of the wrong type, and for unknown ones, so that a misspelt one is noticed */
export function parseParameters(given: unknown): Parameters {
  if (given === null || typeof given !== "object" || Array.isArray(given)) {
    throw new AppError("INVALID_FORMAT", { message: "Each operation must be a JSON object" });
  }
  return isUsual(given) ? given : parseInput(parameters, given);
}

/** Tells whether the parameters are those of nearly all requests, which need no validation by the schema. */
function isUsual(given: object): given is Parameters {
  const { query, operationName = "", variables = {} } = given as Readonly<Record<string, unknown>>;
  const hasVariables = typeof variables === "object" && variables !== null && !Array.isArray(variables);
  if (typeof query !== "string" || typeof operationName !== "string" || !hasVariables) return false;
  for (const name in given) if (name !== "query" && name !== "operationName" && name !== "variables") return false;
  return true;
}
