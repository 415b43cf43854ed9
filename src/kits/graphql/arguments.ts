import { getArgumentValues, Kind, type FieldNode, type GraphQLField } from "graphql";

export type ArgumentValues = Readonly<Record<string, unknown>>;

type Definition = GraphQLField<unknown, unknown>;

/** What was read of a node that no variable stands in. A node belongs to one document, which is executed again and again. */
const constants = new WeakMap<FieldNode, { readonly definition: Definition; readonly values: ArgumentValues }>();

/**
 * The values of a field's arguments. Where no variable stands in them they are one frozen object for all requests.
 * @throws GraphQLError where they are not valid
 */
export function readArguments(definition: Definition, node: FieldNode, variables: ArgumentValues): ArgumentValues {
  const known = constants.get(node);
  if (known !== undefined && known.definition === definition) return known.values; // a fragment may be spread on several types
  const values = getArgumentValues(definition, node, variables);
  if (isConstant(node)) constants.set(node, { definition, values: Object.freeze(values) });
  return values;
}

/** Lists and objects may hold variables, and could be changed. */
function isConstant({ arguments: given = [] }: FieldNode): boolean {
  return given.every(({ value: { kind } }) => kind !== Kind.VARIABLE && kind !== Kind.LIST && kind !== Kind.OBJECT);
}
