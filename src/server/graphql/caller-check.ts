import {
  type ExecutionArgs,
  getOperationAST,
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type SelectionSetNode,
} from "graphql";
import type { Plugin } from "graphql-yoga";
import { unauthenticated } from "../../core/auth/bearer-token.js";
import { toResultError } from "../../core/errors/to-graphql.js";
import type { RequestState } from "../../core/request/state.js";
import { fragmentsOf } from "./fragments.js";

/**
 * Refuses as a whole an operation of which nothing can be answered without an API key: status 401 and no data.
 * Where anything can, the fields fail one by one instead.
 */
export function useCallerCheck(): Plugin {
  return {
    onExecute({ args: untyped, setResultAndStopExecution }) {
      const args: ExecutionArgs = untyped; // envelop types it loosely
      const { state } = args.contextValue as { state: RequestState }; // the server's context, which every operation has
      if (state.principal !== null || hasPublicField(args.schema, args.document, args.operationName)) return;
      setResultAndStopExecution({ errors: [toResultError(unauthenticated("MISSING_TOKEN"))] });
    },
  };
}

function hasPublicField(schema: GraphQLSchema, document: DocumentNode, operationName: string | null | undefined): boolean {
  const operation = getOperationAST(document, operationName);
  const type = operation && schema.getRootType(operation.operation);
  if (operation == null || type == null) return true; // no operation to run: executing says so
  const isPublic = ({ name }: FieldNode) => name.value.startsWith("__") || type.getFields()[name.value]?.extensions.public === true;
  return rootFields(operation.selectionSet, fragmentsOf(document)).some(isPublic);
}

function rootFields({ selections }: SelectionSetNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>): FieldNode[] {
  return selections.flatMap((node) => {
    if (node.kind === Kind.FIELD) return [node];
    const set = node.kind === Kind.INLINE_FRAGMENT ? node.selectionSet : fragments.get(node.name.value)?.selectionSet;
    return set === undefined ? [] : rootFields(set, fragments);
  });
}
