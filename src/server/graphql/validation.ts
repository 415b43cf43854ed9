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
import { toClientMessage } from "../../core/errors/graphql-request-errors.js";
import { toBadField } from "../../core/errors/input-mistakes.js";
import { checkAbuseLimits, tooMuch, type AbuseLimits } from "./abuse-limits.js";
import { hasTooManyLines, isTooLongToLocate, MOST_LINES } from "./document-length.js";
import { createInputPathFinder } from "./input-path.js";
import { findLongNames, mayHaveLongTexts, withShortValues } from "./long-texts.js";

export type Options = {
  readonly introspection: boolean;
  readonly abuse: AbuseLimits & { readonly tokens: number; readonly complexity: number };
};

/** The rules about values. All others are about names that the schema does not have, or that the document uses in a wrong way. */
const VALUE_RULES: ReadonlySet<ValidationRule> = new Set([
  KnownArgumentNamesRule,
  ProvidedRequiredArgumentsRule,
  ValuesOfCorrectTypeRule,
  VariablesInAllowedPositionRule,
]);

export type DocumentRules = {
  /** @throws GraphQLError for a document that is not GraphQL, or is longer or deeper than allowed */
  readonly parse: (text: string) => DocumentNode;
  /** Returns all errors of a document. The specification's rules run only if the document keeps the abuse limits. */
  readonly validate: (document: DocumentNode, text: string) => readonly GraphQLError[];
};

/** Makes the functions that parse documents and validate them against a schema. */
export function createDocumentRules(schema: GraphQLSchema, { introspection, abuse }: Options): DocumentRules {
  const rules = [...specifiedRules, ...(introspection ? [] : [NoSchemaIntrospectionCustomRule])].map((rule) =>
    withReason(rule, introspection),
  );
  return {
    parse: (text) => parseWithin(text, abuse),
    validate(document, text) {
      const isLong = mayHaveLongTexts(text);
      const exceeded = [...checkAbuseLimits(document, abuse), ...(isLong ? findLongNames(document) : [])];
      if (exceeded.length > 0) return exceeded;
      return validate(schema, isLong ? withShortValues(document) : document, rules).map((error) => withLimit(error, abuse));
    },
  };
}

function parseWithin(source: string, { tokens, depth }: Options["abuse"]): DocumentNode {
  try {
    if (hasTooManyLines(source)) throw tooMuch("MAX_TOKENS", `The document has more than ${MOST_LINES} lines`, MOST_LINES);
    return parse(source, { maxTokens: tokens, noLocation: isTooLongToLocate(source) });
  } catch (error) {
    // The parser is recursive, and thousands of levels overflow the stack.
    if (error instanceof RangeError) throw tooMuch("MAX_DEPTH", "The document is nested too deeply to be read (MAX_DEPTH)", depth);
    const isTooLong = error instanceof GraphQLError && error.message.includes("Parsing aborted");
    throw isTooLong ? tooMuch("MAX_TOKENS", `The document has more than ${tokens} tokens (MAX_TOKENS)`, tokens) : error;
  }
}

/** Names our settings in the errors of graphql-js's own limits: on comparing fields, and on lists within lists of introspection. */
function withLimit(error: GraphQLError, { complexity, depth }: Options["abuse"]): GraphQLError {
  if (error.message === "Validation aborted.")
    return tooMuch("MAX_COMPLEXITY", "The operation asks for the same fields too often (MAX_COMPLEXITY)", complexity);
  if (error.message === "Maximum introspection depth exceeded")
    return tooMuch("MAX_DEPTH", "Introspection asks for the fields of the fields of fields (MAX_DEPTH)", depth);
  return error;
}

/** Wraps a rule so that every error it reports carries an entry of the catalogue. */
function withReason(rule: ValidationRule, hints: boolean): ValidationRule {
  return (context) => {
    const pathOf = createInputPathFinder(context.getDocument());
    const reportError = (error: GraphQLError) => {
      const message = toClientMessage(error.message, hints);
      const cause = VALUE_RULES.has(rule)
        ? badInput([toBadField(pathOf(error.nodes?.[0]), message)])
        : new AppError("INVALID_PARAMETER", { message });
      context.reportError(new GraphQLError(message, { nodes: error.nodes, originalError: cause }));
    };
    return rule(Object.create(context, { reportError: { value: reportError } }) as ValidationContext); // has all other properties of the context
  };
}
