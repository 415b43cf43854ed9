import {
  GraphQLError,
  KnownArgumentNamesRule,
  NoSchemaIntrospectionCustomRule,
  parse,
  ProvidedRequiredArgumentsRule,
  specifiedRules,
  validate,
  ValuesOfCorrectTypeRule,
  VariablesInAllowedPositionRule,
  type ValidationContext,
  type ValidationRule,
} from "graphql";
import type { Plugin } from "graphql-yoga";
import { AppError } from "../../core/errors/app-error.js";
import { badInput } from "../../core/errors/bad-input.js";
import { sayable } from "../../core/errors/graphql-request-errors.js";
import { toBadField } from "../../core/errors/input-mistakes.js";
import { checkAbuseLimits, tooMuch, type AbuseLimits } from "./abuse-limits.js";
import { isTooLongToLocate } from "./document-length.js";
import { createPlaceFinder } from "./input-place.js";

type Options = { readonly introspection: boolean; readonly abuse: AbuseLimits & { readonly tokens: number; readonly complexity: number } };

/** The rules about values; every other rule is about names and places that the schema does not have. */
const VALUE_RULES: ReadonlySet<ValidationRule> = new Set([
  KnownArgumentNamesRule,
  ProvidedRequiredArgumentsRule,
  ValuesOfCorrectTypeRule,
  VariablesInAllowedPositionRule,
]);

/** Parses within the token limit, and validates: the abuse limits first, then the specification's rules. */
export function useValidation({ introspection, abuse }: Options): Plugin {
  const rules = [...specifiedRules, ...(introspection ? [] : [NoSchemaIntrospectionCustomRule])].map((rule) =>
    withReason(rule, introspection),
  );
  return {
    onParse({ setParseFn }) {
      setParseFn((source: Parameters<typeof parse>[0]) => parseWithin(source, abuse));
    },
    onValidate({ setValidationFn }) {
      setValidationFn((schema: Parameters<typeof validate>[0], document: Parameters<typeof validate>[1]) => {
        const exceeded = checkAbuseLimits(document, abuse);
        return exceeded.length > 0 ? exceeded : validate(schema, document, rules).map((error) => withLimit(error, abuse));
      });
    },
  };
}

function parseWithin(source: Parameters<typeof parse>[0], { tokens, depth }: Options["abuse"]) {
  try {
    return parse(source, { maxTokens: tokens, noLocation: isTooLongToLocate(typeof source === "string" ? source : source.body) });
  } catch (error) {
    // The parser calls itself for every level, and ends with a full stack where there are thousands.
    if (error instanceof RangeError) throw tooMuch("MAX_DEPTH", "The document is nested too deeply to be read (MAX_DEPTH)", depth);
    const isTooLong = error instanceof GraphQLError && error.message.includes("Parsing aborted");
    throw isTooLong ? tooMuch("MAX_TOKENS", `The document has more than ${tokens} tokens (MAX_TOKENS)`, tokens) : error;
  }
}

/** The limits of graphql-js itself: on comparing fields with each other, and on lists within lists of introspection. */
function withLimit(error: GraphQLError, { complexity, depth }: Options["abuse"]): GraphQLError {
  if (error.message === "Validation aborted.")
    return tooMuch("MAX_COMPLEXITY", "The operation asks for the same fields too often (MAX_COMPLEXITY)", complexity);
  if (error.message === "Maximum introspection depth exceeded")
    return tooMuch("MAX_DEPTH", "Introspection asks for the fields of the fields of fields (MAX_DEPTH)", depth);
  return error;
}

/** The same rule, with every error it reports named in the catalogue. */
function withReason(rule: ValidationRule, hints: boolean): ValidationRule {
  return (context) => {
    const placeOf = createPlaceFinder(context.getDocument());
    const reportError = (error: GraphQLError) => {
      const message = sayable(error.message, hints);
      const cause = VALUE_RULES.has(rule)
        ? badInput([toBadField(placeOf(error.nodes?.[0]), message)])
        : new AppError("INVALID_PARAMETER", { message });
      context.reportError(new GraphQLError(message, { nodes: error.nodes, originalError: cause }));
    };
    return rule(Object.create(context, { reportError: { value: reportError } }) as ValidationContext); // a context in every other respect
  };
}
