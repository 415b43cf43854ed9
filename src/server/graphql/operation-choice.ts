import { getOperationAST, Kind, OperationTypeNode, type DocumentNode, type OperationDefinitionNode } from "graphql";
import type { Plugin } from "graphql-yoga";
import { AppError } from "../../core/errors/app-error.js";
import { badInput } from "../../core/errors/bad-input.js";
import type { RequestState } from "../../core/request/state.js";

/** More of a name than this is no use in a log. */
const MOST_CHARACTERS = 100;

type Context = {
  readonly request: Request;
  readonly params: { readonly operationName?: string | null };
  readonly state: RequestState;
};

/** Finds the operation that a request wants of its document, notes its name for the log, and keeps mutations off GET. */
export function useOperationChoice(): Plugin {
  return {
    onParse({ context: untyped }) {
      const { request, params, state } = untyped as unknown as Context; // what the door and Yoga put there
      return ({ result }) => {
        if (result instanceof Error || result === null) return; // it did not parse, and fails with that
        const operation = chooseOperation(result as DocumentNode, params.operationName);
        if (operation.name !== undefined) state.operationNames.push(operation.name.value.slice(0, MOST_CHARACTERS));
        if (request.method === "GET" && operation.operation !== OperationTypeNode.QUERY) throw onlyByPost(operation);
      };
    },
  };
}

/** @throws VALIDATION_ERROR that says what is wrong with the operationName */
function chooseOperation(document: DocumentNode, name: string | null | undefined): OperationDefinitionNode {
  const operation = getOperationAST(document, name);
  if (operation != null) return operation;
  const isEmpty = document.definitions.every(({ kind }) => kind !== Kind.OPERATION_DEFINITION);
  if (isEmpty) throw badInput([{ path: ["query"], reason: "INVALID_PARAMETER", message: "The document has no operation" }]);
  const path = ["operationName"];
  if (name == null)
    throw badInput([{ path, reason: "MISSING_REQUIRED_FIELD", message: "The document has several operations; name one in operationName" }]);
  throw badInput([{ path, reason: "INVALID_PARAMETER", message: "The document has no operation of the name in operationName" }]);
}

function onlyByPost({ operation }: OperationDefinitionNode): AppError {
  const message = `A ${operation} must be sent by POST`;
  return new AppError("ENDPOINT_NOT_FOUND", { message, httpStatus: 405, headers: { Allow: "POST" } });
}
