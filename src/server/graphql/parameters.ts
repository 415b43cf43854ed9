import type { Plugin } from "graphql-yoga";
import { z } from "zod";
import { AppError } from "../../core/errors/app-error.js";
import { parseInput } from "../../core/errors/parse-input.js";

const jsonObject = z.record(z.string(), z.unknown(), "must be an object").nullish();

/** The parameters of an operation (GraphQL over HTTP, section 5). */
const parameters = z.strictObject({
  query: z.string("must be text"),
  operationName: z.string("must be text").nullish(),
  variables: jsonObject,
  extensions: jsonObject,
});

/**
 * Refuses an operation whose parameters are of the wrong kind, or that has others: a misspelt one would go unnoticed.
 * An operationName of no characters is absent, as it is in an address.
 */
export function useParameterCheck(): Plugin {
  return {
    onParams({ params, setParams }) {
      const given: unknown = params; // read from the request as it came
      if (given === null || typeof given !== "object" || Array.isArray(given)) {
        throw new AppError("INVALID_FORMAT", { message: "Each operation must be a JSON object" });
      }
      if (parseInput(parameters, given).operationName === "") setParams({ ...params, operationName: undefined });
    },
  };
}
