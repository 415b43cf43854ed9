import { getOperationAST, Kind, type DocumentNode, type OperationDefinitionNode } from "graphql";
import { badInput } from "../../core/errors/bad-input.js";

/**
 * Finds the operation of a document that a request names.
 * @throws VALIDATION_ERROR that says what is wrong with the operationName
 */
export function chooseOperation(document: DocumentNode, name: string | null | undefined): OperationDefinitionNode {
  const operation = getOperationAST(document, name);
  if (operation != null) return operation;
  const isEmpty = document.definitions.every(({ kind }) => kind !== Kind.OPERATION_DEFINITION);
  if (isEmpty) throw badInput([{ path: ["query"], reason: "INVALID_PARAMETER", message: "The document has no operation" }]);
  const path = ["operationName"];
  if (name == null)
    throw badInput([{ path, reason: "MISSING_REQUIRED_FIELD", message: "The document has several operations; name one in operationName" }]);
  throw badInput([{ path, reason: "INVALID_PARAMETER", message: "The document has no operation of the name in operationName" }]);
}
