import {
  getNamedType,
  getNullableType,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isObjectType,
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from "graphql";
import { MOST_ITEMS } from "../../platform/paging.js";

/** The arguments that say how long a list will be. */
const LENGTH_ARGUMENTS: readonly string[] = ["limit", "first", "last", "days"];

/** The length of a list without such an argument. */
const USUAL_LENGTH = 10;

/** The length of a list in introspection: a type has few fields, a field few arguments. */
const INTROSPECTION_LENGTH = 5;

type Variables = Readonly<Record<string, unknown>>;

/** The variables of one request, and the amounts that were computed for them. */
type Evaluation = { readonly variables: Variables; readonly found: Map<Open, number> };
type Open = (evaluation: Evaluation) => number;

/** A number that follows from the document alone, or a function of the variables of a request. */
type Amount = number | Open;

/** Computes the cost of an operation with the variables of a request. */
export type CostOf = (variables: Variables) => number;

type Facts = {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly rootType: GraphQLNamedType;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
};

/**
 * Measures the cost of an operation: a field costs one, and the fields of a list count once for each item. Introspection is
 * counted too, as nothing else limits it. The document is measured once. Each request only fills in the lengths that are
 * variables. A variable that does not fit its type is not counted: executing the operation rejects it.
 */
export function measureCost({ schema, operation, rootType, fragments }: Facts): CostOf {
  // A fragment counts each time it is spread. It is measured once for each type on which it is spread.
  const measured = new Map<SelectionSetNode, Map<GraphQLNamedType, Amount>>();

  function measure(selections: SelectionSetNode, type: GraphQLNamedType): Amount {
    const byType = measured.get(selections) ?? new Map<GraphQLNamedType, Amount>();
    measured.set(selections, byType);
    const cost = byType.get(type) ?? sum(selections.selections.map((node) => measureNode(node, type)));
    byType.set(type, cost);
    return cost;
  }

  function measureNode(node: SelectionSetNode["selections"][number], type: GraphQLNamedType): Amount {
    if (node.kind === Kind.FIELD) return measureField(node, type);
    const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : fragments.get(node.name.value);
    if (fragment === undefined) return 0;
    const condition = fragment.typeCondition && schema.getType(fragment.typeCondition.name.value);
    return measure(fragment.selectionSet, condition ?? type);
  }

  function measureField(node: FieldNode, type: GraphQLNamedType): Amount {
    const field = fieldOf(node.name.value, type);
    if (field === undefined || node.selectionSet === undefined) return 1;
    return onePlusProduct(lengthOf(field, lengthArguments(field, node, operation)), measure(node.selectionSet, getNamedType(field.type)));
  }

  const cost = measure(operation.selectionSet, rootType);
  return typeof cost === "number" ? () => cost : (variables) => cost({ variables, found: new Map() });
}

function sum(amounts: readonly Amount[]): Amount {
  const known = amounts.filter((amount) => typeof amount === "number").reduce((total, amount) => total + amount, 0);
  const open = amounts.filter((amount) => typeof amount === "function");
  return open.length === 0 ? known : once((evaluation) => open.reduce((total, amount) => total + amount(evaluation), known));
}

function onePlusProduct(length: Amount, items: Amount): Amount {
  if (typeof length === "number" && typeof items === "number") return 1 + length * items;
  return once((evaluation) => 1 + valueOf(length, evaluation) * valueOf(items, evaluation));
}

function valueOf(amount: Amount, evaluation: Evaluation): number {
  return typeof amount === "number" ? amount : amount(evaluation);
}

/** Computes an amount once for each request. Otherwise fragments within fragments would be added up again and again. */
function once(find: Open): Open {
  const open: Open = (evaluation) => {
    const known = evaluation.found.get(open) ?? find(evaluation);
    evaluation.found.set(open, known);
    return known;
  };
  return open;
}

function fieldOf(name: string, type: GraphQLNamedType): GraphQLField<unknown, unknown> | undefined {
  if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
  if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
}

/** The length that an argument gives: a number, or undefined for null and for any other value. */
type Length = number | undefined | ((variables: Variables) => number | undefined);

function lengthArguments(field: GraphQLField<unknown, unknown>, node: FieldNode, operation: OperationDefinitionNode): Length[] {
  return field.args
    .filter(({ name }) => LENGTH_ARGUMENTS.includes(name))
    .map(({ name, defaultValue }) => {
      const given = node.arguments?.find((argument) => argument.name.value === name)?.value;
      const usual = toNumber(defaultValue);
      if (given?.kind !== Kind.VARIABLE) return given === undefined ? usual : literal(given);
      const variable = given.name.value;
      const definition = operation.variableDefinitions?.find((candidate) => candidate.variable.name.value === variable);
      const otherwise = definition?.defaultValue === undefined ? usual : literal(definition.defaultValue);
      return (variables: Variables) => (variables[variable] === undefined ? otherwise : toNumber(variables[variable]));
    });
}

function literal(node: ValueNode): number | undefined {
  return node.kind === Kind.INT ? Number(node.value) : undefined;
}

function toNumber(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function lengthOf(field: GraphQLField<unknown, unknown>, lengths: readonly Length[]): Amount {
  const otherwise = usualLength(field);
  const total = (known: readonly (number | undefined)[]) => {
    const numbers = known.filter((length) => length !== undefined);
    return numbers.length === 0 ? otherwise : Math.min(MOST_ITEMS, Math.max(1, ...numbers));
  };
  const known = lengths.filter((length) => typeof length !== "function");
  if (known.length === lengths.length) return total(known);
  return ({ variables }) => total(lengths.map((length) => (typeof length === "function" ? length(variables) : length)));
}

function usualLength(field: GraphQLField<unknown, unknown>): number {
  const isList = isListType(getNullableType(field.type));
  if (isIntrospectionType(getNamedType(field.type))) return isList ? INTROSPECTION_LENGTH : 1;
  const isPaged = field.args.some(({ name }) => name === "first" || name === "limit");
  const isOfConnection = field.name === "edges" || field.name === "nodes";
  return isPaged || (isList && !isOfConnection) ? USUAL_LENGTH : 1;
}
