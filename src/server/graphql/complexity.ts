import {
  type ExecutionArgs,
  getArgumentValues,
  getNamedType,
  getNullableType,
  getOperationAST,
  getVariableValues,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isObjectType,
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
} from "graphql";
import type { Plugin } from "graphql-yoga";
import { MOST_ITEMS } from "../../platform/paging.js";
import { tooMuch } from "./abuse-limits.js";
import { fragmentsOf } from "./fragments.js";

/** The arguments that say how long a list will be. */
const LENGTH_ARGUMENTS = ["limit", "first", "last", "days"] as const;

/** What a list without such an argument is taken for. */
const USUAL_LENGTH = 10;

/** The same for the lists of introspection: a type has few fields, a field few arguments. */
const INTROSPECTION_LENGTH = 5;

/**
 * Refuses operations that would cost more than the limit, before anything of them runs: a field costs one, and what is
 * selected in a list as often as the list is long. Introspection is counted too, as nothing else bounds it.
 */
export function useComplexityLimit(limit: number): Plugin {
  return {
    onExecute({ args: untyped, setResultAndStopExecution }) {
      const args: ExecutionArgs = untyped; // envelop types it loosely
      const cost = costOfOperation(args);
      if (cost <= limit) return;
      const message = `The operation has a cost of ${cost}; at most ${limit} is allowed (MAX_COMPLEXITY)`;
      setResultAndStopExecution({ errors: [tooMuch("MAX_COMPLEXITY", message, limit)] });
    },
  };
}

/** The cost of the chosen operation; none where its variables do not fit, which executing it will say better. */
function costOfOperation({ schema, document, operationName, variableValues }: ExecutionArgs): number {
  const operation = getOperationAST(document, operationName);
  const type = operation && schema.getRootType(operation.operation);
  if (operation == null || type == null) return 0;
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variableValues ?? {});
  return coerced === undefined ? 0 : createMeasure(schema, fragmentsOf(document), coerced)(operation.selectionSet, type);
}

type Measure = (selections: SelectionSetNode, type: GraphQLNamedType) => number;

function createMeasure(
  schema: GraphQLSchema,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  variables: Readonly<Record<string, unknown>>,
): Measure {
  // A fragment counts as often as it is spread, and is measured once for each type it is spread on.
  const measured = new WeakMap<SelectionSetNode, Map<GraphQLNamedType, number>>();

  function measure(selections: SelectionSetNode, type: GraphQLNamedType): number {
    const byType = measured.get(selections) ?? new Map<GraphQLNamedType, number>();
    measured.set(selections, byType);
    const cost = byType.get(type) ?? sum(selections, type);
    byType.set(type, cost);
    return cost;
  }

  function sum({ selections }: SelectionSetNode, type: GraphQLNamedType): number {
    return selections.reduce((cost, node) => {
      if (node.kind === Kind.FIELD) return cost + costOfField(node, type);
      const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : fragments.get(node.name.value);
      if (fragment === undefined) return cost;
      const condition = fragment.typeCondition && schema.getType(fragment.typeCondition.name.value);
      return cost + measure(fragment.selectionSet, condition ?? type);
    }, 0);
  }

  function costOfField(node: FieldNode, type: GraphQLNamedType): number {
    const field = fieldOf(node.name.value, type);
    if (field === undefined || node.selectionSet === undefined) return 1;
    return 1 + lengthOf(field, argumentsOf(field, node)) * measure(node.selectionSet, getNamedType(field.type));
  }

  /** Without arguments where they do not fit: the field will fail, and nothing beneath it runs. */
  function argumentsOf(field: GraphQLField<unknown, unknown>, node: FieldNode): Record<string, unknown> {
    try {
      return getArgumentValues(field, node, variables);
    } catch {
      return {};
    }
  }

  return measure;
}

function fieldOf(name: string, type: GraphQLNamedType): GraphQLField<unknown, unknown> | undefined {
  if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
  if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
}

function lengthOf(field: GraphQLField<unknown, unknown>, args: Readonly<Record<string, unknown>>): number {
  const lengths = LENGTH_ARGUMENTS.map((name) => args[name]).filter((value) => typeof value === "number");
  if (lengths.length > 0) return Math.min(MOST_ITEMS, Math.max(1, ...lengths));
  if (isIntrospectionType(getNamedType(field.type))) return isListType(getNullableType(field.type)) ? INTROSPECTION_LENGTH : 1;
  const isPaged = field.args.some(({ name }) => name === "first" || name === "limit");
  const isOfConnection = field.name === "edges" || field.name === "nodes";
  return isPaged || (isListType(getNullableType(field.type)) && !isOfConnection) ? USUAL_LENGTH : 1;
}
