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
  type DocumentNode,
  type GraphQLSchema,
  type ValidationContext,
  type ValidationRule,
} from "graphql";
import { AppError } from "../../core/errors/app-error.js";
import { badInput } from "../../core/errors/bad-input.js";
import { sayable } from "../../core/errors/graphql-request-errors.js";
import { toBadField } from "../../core/errors/input-mistakes.js";
import { checkAbuseLimits, tooMuch, type AbuseLimits } from "./abuse-limits.js";
import { isTooLongToLocate } from "./document-length.js";
import { createPlaceFinder } from "./input-place.js";

export type Options = {
  readonly introspection: boolean;
  readonly abuse: AbuseLimits & { readonly tokens: number; readonly complexity: number };
};

/** The rules about values; every other rule is about names and places that the schema does not have. */
const VALUE_RULES: ReadonlySet<ValidationRule> = new Set([
  KnownArgumentNamesRule,
  ProvidedRequiredArgumentsRule,
  ValuesOfCorrectTypeRule,
  VariablesInAllowedPositionRule,
]);

export type DocumentRules = {
  /** @throws GraphQLError for a document that is not GraphQL, or is longer or deeper than allowed */
  readonly parse: (text: string) => DocumentNode;
  /** All errors of a document: the abuse limits first, and only where it keeps them the specification's rules. */
  readonly validate: (document: DocumentNode) => readonly GraphQLError[];
};

/** How documents are parsed and validated against a schema. */
export function createDocumentRules(schema: GraphQLSchema, { introspection, abuse }: Options): DocumentRules {
  const rules = [...specifiedRules, ...(introspection ? [] : [NoSchemaIntrospectionCustomRule])].map((rule) =>
    withReason(rule, introspection),
  );
  return {
    parse: (text) => parseWithin(text, abuse),
    validate(document) {
      const exceeded = checkAbuseLimits(document, abuse);
      return exceeded.length > 0 ? exceeded : validate(schema, document, rules).map((error) => withLimit(error, abuse));
    },
  };
}

function parseWithin(source: string, { tokens, depth }: Options["abuse"]): DocumentNode {
  try {
    return parse(source, { maxTokens: tokens, noLocation: isTooLongToLocate(source) });
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
