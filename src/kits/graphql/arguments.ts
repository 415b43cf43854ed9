import { getArgumentValues, Kind, type FieldNode, type GraphQLField } from "graphql";

export type ArgumentValues = Readonly<Record<string, unknown>>;

type Definition = GraphQLField<unknown, unknown>;

/** The arguments of nodes without variables. A node belongs to one document, which is executed again and again. */
const constants = new WeakMap<FieldNode, { readonly definition: Definition; readonly values: ArgumentValues }>();

/**
 * Reads the values of a field's arguments. Without variables they are one frozen object for all requests.
 * @throws GraphQLError if they are not valid
 */
export function readArguments(definition: Definition, node: FieldNode, variables: ArgumentValues): ArgumentValues {
  const known = constants.get(node);
  if (known !== undefined && known.definition === definition) return known.values; // a fragment may be spread on several types
  const values = getArgumentValues(definition, node, variables);
  if (isConstant(node)) constants.set(node, { definition, values: Object.freeze(values) });
  return values;
}

/** Tells whether arguments are constant. Lists and objects do not count: they may hold variables, and a resolver could change them. */
function isConstant({ arguments: given = [] }: FieldNode): boolean {
  return given.every(({ value: { kind } }) => kind !== Kind.VARIABLE && kind !== Kind.LIST && kind !== Kind.OBJECT);
}
