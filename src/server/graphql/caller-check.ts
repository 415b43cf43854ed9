import {
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";

/** Tells whether every field of an operation needs an API key, so that it is rejected as a whole without one. */
export function needsCaller(
  operation: OperationDefinitionNode,
  rootType: GraphQLObjectType,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): boolean {
  const isPublic = ({ name }: FieldNode) => name.value.startsWith("__") || rootType.getFields()[name.value]?.extensions.public === true;
  return !rootFields(operation.selectionSet, fragments).some(isPublic);
}

function rootFields({ selections }: SelectionSetNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>): FieldNode[] {
  return selections.flatMap((node) => {
    if (node.kind === Kind.FIELD) return [node];
    const set = node.kind === Kind.INLINE_FRAGMENT ? node.selectionSet : fragments.get(node.name.value)?.selectionSet;
    return set === undefined ? [] : rootFields(set, fragments);
  });
}
