import { type ExecutionArgs, getNullableType, isListType, Kind, type DocumentNode, type GraphQLField, type GraphQLSchema } from "graphql";
import { complexityFromQuery } from "@pothos/plugin-complexity";
import type { Plugin } from "graphql-yoga";
import { MOST_ITEMS } from "../platform/paging.js";
import { tooMuch } from "./abuse-limits.js";

/** The arguments that say how long a list will be. */
const LENGTH_ARGUMENTS = ["limit", "first", "last", "days"] as const;

/** What a list without such an argument is taken for. */
const USUAL_LENGTH = 10;

/** A field costs one, and what is selected in a list as often as the list is long. */
export function costOf(
  args: Record<string, unknown>,
  _context: unknown,
  field: Pick<GraphQLField<unknown, unknown>, "name" | "args" | "type">,
): { field: number; multiplier: number } {
  const lengths = LENGTH_ARGUMENTS.map((name) => args[name]).filter((value) => typeof value === "number");
  if (lengths.length > 0) return { field: 1, multiplier: Math.min(MOST_ITEMS, Math.max(1, ...lengths)) };
  const isPaged = field.args.some(({ name }) => name === "first" || name === "limit");
  const isOfConnection = field.name === "edges" || field.name === "nodes";
  return { field: 1, multiplier: isPaged || (isListType(getNullableType(field.type)) && !isOfConnection) ? USUAL_LENGTH : 1 };
}

/** Refuses operations that would cost more than the limit, before anything of them runs. */
export function useComplexityLimit(limit: number): Plugin {
  return {
    onExecute({ args: untyped, setResultAndStopExecution }) {
      const args: ExecutionArgs = untyped; // envelop types it loosely
      const cost = measure(args.schema, args.document, args.operationName, args.variableValues);
      if (cost === null || cost <= limit) return;
      const message = `The operation has a cost of ${cost}; at most ${limit} is allowed (MAX_COMPLEXITY)`;
      setResultAndStopExecution({ errors: [tooMuch("MAX_COMPLEXITY", message, limit)] });
    },
  };
}

/** The cost of the chosen operation; null where its variables do not fit, which executing it will say better. */
function measure(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
  variables: Readonly<Record<string, unknown>> | null | undefined,
): number | null {
  const definitions = document.definitions.filter(
    (node) => node.kind !== Kind.OPERATION_DEFINITION || operationName == null || node.name?.value === operationName,
  );
  try {
    return complexityFromQuery({ ...document, definitions }, { schema, variables: variables ?? {} }).complexity;
  } catch {
    return null;
  }
}
