import { GraphQLError, type DocumentNode, type GraphQLSchema, type OperationDefinitionNode } from "graphql";
import { AppError } from "../../core/errors/app-error.js";
import { needsCaller } from "./caller-check.js";
import { measureCost, type CostOf } from "./complexity.js";
import { createDocumentCache } from "./document-cache.js";
import type { createExecutor, OperationPlan } from "./execution/execute.js";
import { fragmentsOf } from "./fragments.js";
import { chooseOperation } from "./operation-choice.js";
import { createDocumentRules, type Options } from "./validation.js";

/** An operation that is parsed, validated and measured, and can be run. */
export type PreparedOperation = {
  readonly operation: OperationDefinitionNode;
  readonly plan: OperationPlan;
  /** Whether every field of it needs an API key. */
  readonly needsCaller: boolean;
  readonly costOf: CostOf;
};

type Found = { readonly document: DocumentNode; readonly operation: OperationDefinitionNode };

/** The errors of a document, which are the same for every request. The operation is given unless it could not be found. */
export type RejectedOperation = { readonly errors: readonly unknown[]; readonly operation?: OperationDefinitionNode };

export type Prepared = PreparedOperation | RejectedOperation;

export type PrepareOperation = (text: string, operationName: string | null | undefined) => Prepared;

type Dependencies = { readonly schema: GraphQLSchema; readonly executor: ReturnType<typeof createExecutor>; readonly options: Options };

/** Prepares the operations of documents. Each is prepared once and remembered while clients go on sending it. */
export function createPreparedOperations({ schema, executor, options }: Dependencies): PrepareOperation {
  const rules = createDocumentRules(schema, options);
  const prepared = createDocumentCache<Prepared>();

  function prepare(text: string, operationName: string | null | undefined): Prepared {
    const found = findOperation(text, operationName);
    if ("errors" in found) return found;
    const { document, operation } = found;
    const errors = rules.validate(document, text);
    const rootType = schema.getRootType(operation.operation);
    if (errors.length > 0) return { errors, operation };
    if (rootType == null) return { errors: [withoutRootType(operation)], operation };
    const fragments = fragmentsOf(document);
    return {
      operation,
      plan: executor.plan({ document, operation, fragments, rootType }),
      needsCaller: needsCaller(operation, rootType, fragments),
      costOf: measureCost({ schema, operation, rootType, fragments }),
    };
  }

  function findOperation(text: string, operationName: string | null | undefined): Found | RejectedOperation {
    try {
      const document = rules.parse(text);
      return { document, operation: chooseOperation(document, operationName) };
    } catch (error) {
      if (error instanceof GraphQLError || error instanceof AppError) return { errors: [error] };
      throw error;
    }
  }

  return (text, givenName) => {
    const operationName = givenName === "" ? null : givenName; // an empty name counts as absent
    const key = operationName == null ? text : `${operationName}\n${text}`;
    const known = prepared.get(key);
    if (known !== undefined) return known;
    const made = prepare(text, operationName);
    prepared.set(key, made);
    return made;
  };
}

/** The error of an operation whose kind the schema does not have, which validation does not check. */
function withoutRootType(operation: OperationDefinitionNode): GraphQLError {
  return new GraphQLError(`Schema is not configured to execute ${operation.operation} operation.`, { nodes: operation });
}
