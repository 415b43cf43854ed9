import { OperationTypeNode, type GraphQLError, type GraphQLSchema } from "graphql";
import { isPromise } from "graphql/jsutils/isPromise.js";
import { CollectedErrors } from "./collected-errors.js";
import { createCompleters } from "./complete.js";
import { executeFields, executeSerially } from "./execute-fields.js";
import { createOperationPlan, type OperationToPlan } from "./operation-plan.js";
import type { OperationPlan, Run } from "./types.js";

export type { OperationPlan } from "./types.js";

/** What an operation came to. Without data where its variables are not what it declares. */
export type ExecutionResult = { readonly data?: unknown; readonly errors?: readonly GraphQLError[] };

type Input = { readonly variables: Readonly<Record<string, unknown>> | null | undefined; readonly context: unknown };

/**
 * Executes operations as the GraphQL specification says in section 6, and as graphql-js does it: data, errors, their paths and
 * their order are the same. What depends on the document alone is worked out once, when the operation is planned, and not for
 * each object of a list.
 */
export function createExecutor(schema: GraphQLSchema) {
  const completerOf = createCompleters();
  return {
    /** The document must be valid. */
    plan: (operation: OperationToPlan): OperationPlan => createOperationPlan(operation, { schema, completerOf }),

    execute(plan: OperationPlan, { variables, context }: Input): ExecutionResult | Promise<ExecutionResult> {
      const values = plan.readVariables(variables ?? {});
      if ("errors" in values) return { errors: values.errors };
      return run({ plan, context, variables: values.coerced, errors: new CollectedErrors(), arguments: new Map() });
    },
  };
}

function run(execution: Run): ExecutionResult | Promise<ExecutionResult> {
  const { errors } = execution;
  const toResult = (data: unknown): ExecutionResult => (errors.errors.length === 0 ? { data } : { errors: errors.errors, data });
  const fail = (error: unknown): ExecutionResult => {
    errors.add(error as GraphQLError, undefined); // fields throw located errors only, and planning throws graphql's
    return toResult(null);
  };
  try {
    const data = executeRoot(execution);
    return isPromise(data) ? data.then(toResult, fail) : toResult(data);
  } catch (error) {
    return fail(error);
  }
}

function executeRoot(execution: Run) {
  const { plan, variables } = execution;
  const selection = plan.rootSelection(variables);
  const isMutation = plan.operation.operation === OperationTypeNode.MUTATION;
  return isMutation ? executeSerially(execution, selection) : executeFields(execution, selection);
}
