import {
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
  type ValidationContext,
  type ValidationRule,
} from "graphql";
import type { Plugin } from "graphql-yoga";
import { AppError } from "../errors/app-error.js";
import type { ErrorReason } from "../errors/catalogue.js";
import { sayable } from "../errors/graphql-request-errors.js";
import { checkAbuseLimits, tooMuch, type AbuseLimits } from "./abuse-limits.js";

type Options = { readonly introspection: boolean; readonly abuse: AbuseLimits & { readonly tokens: number } };

/** The reason of a rule's errors; every other rule is about names and places that the schema does not have. */
const REASON_BY_RULE: Readonly<Record<string, ErrorReason>> = {
  ProvidedRequiredArgumentsRule: "MISSING_REQUIRED_FIELD",
  ValuesOfCorrectTypeRule: "INVALID_FORMAT",
  VariablesInAllowedPositionRule: "INVALID_FORMAT",
};

/** Parses within the token limit, and validates: the abuse limits first, then the specification's rules. */
export function useValidation({ introspection, abuse }: Options): Plugin {
  const rules = [...specifiedRules, ...(introspection ? [] : [NoSchemaIntrospectionCustomRule])].map((rule) =>
    withReason(rule, introspection),
  );
  return {
    onParse({ setParseFn }) {
      setParseFn((source: Parameters<typeof parse>[0]) => parseWithin(source, abuse.tokens));
    },
    onValidate({ setValidationFn }) {
      setValidationFn((schema: Parameters<typeof validate>[0], document: Parameters<typeof validate>[1]) => {
        const exceeded = checkAbuseLimits(document, abuse);
        return exceeded.length > 0 ? exceeded : validate(schema, document, rules);
      });
    },
  };
}

function parseWithin(source: Parameters<typeof parse>[0], maxTokens: number) {
  try {
    return parse(source, { maxTokens });
  } catch (error) {
    const isTooLong = error instanceof GraphQLError && error.message.includes("Parsing aborted");
    throw isTooLong ? tooMuch("MAX_TOKENS", `The document has more than ${maxTokens} tokens (MAX_TOKENS)`, maxTokens) : error;
  }
}

/** The same rule, with every error it reports named in the catalogue. */
function withReason(rule: ValidationRule, hints: boolean): ValidationRule {
  return (context) => {
    const reportError = (error: GraphQLError) => {
      const message = sayable(error.message, hints);
      const isMissing = /of required type .* was not provided\.$/.test(message);
      const reason = isMissing ? "MISSING_REQUIRED_FIELD" : (REASON_BY_RULE[rule.name] ?? "INVALID_PARAMETER");
      context.reportError(new GraphQLError(message, { nodes: error.nodes, originalError: new AppError(reason, { message }) }));
    };
    return rule(Object.create(context, { reportError: { value: reportError } }) as ValidationContext); // a context in every other respect
  };
}
