import type { Tracer } from "@opentelemetry/api";
import type { OperationDefinitionNode } from "graphql";
import type { ExecutionResult } from "./execution/execute.js";

/**
 * Executes an operation in a span (OpenTelemetry's semantic conventions for GraphQL servers). The span has no document,
 * whose texts may be content.
 */
export function traceOperation(
  tracer: Tracer,
  { operation, name }: OperationDefinitionNode,
  execute: () => ExecutionResult | Promise<ExecutionResult>,
): Promise<ExecutionResult> {
  const attributes = { "graphql.operation.type": operation, ...(name === undefined ? {} : { "graphql.operation.name": name.value }) };
  return tracer.startActiveSpan(name === undefined ? operation : `${operation} ${name.value}`, { attributes }, async (span) => {
    try {
      return await execute();
    } finally {
      span.end();
    }
  });
}
