import { z } from "zod";
import { AppError } from "../../core/errors/app-error.js";
import { parseInput } from "../../core/errors/parse-input.js";

const jsonObject = z.looseObject({}, "must be an object").nullish();

/** The parameters of an operation (GraphQL over HTTP, section 5). An empty operationName is an absent one. */
const parameters = z.strictObject({
  query: z.string("must be text"),
  operationName: z
    .string("must be text")
    .nullish()
    .transform((name) => (name === "" ? null : name)),
  variables: jsonObject,
  extensions: jsonObject,
});

export type Parameters = z.output<typeof parameters>;

/** @throws VALIDATION_ERROR for parameters of the wrong kind and for unknown ones: a misspelt one would go unnoticed */
export function parseParameters(given: unknown): Parameters {
  if (given === null || typeof given !== "object" || Array.isArray(given)) {
    throw new AppError("INVALID_FORMAT", { message: "Each operation must be a JSON object" });
  }
  return parseInput(parameters, given);
}
