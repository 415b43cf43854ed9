import type { Tracer } from "@opentelemetry/api";
import { getOperationAST, type ExecutionArgs, type ExecutionResult } from "graphql";
import type { Plugin } from "graphql-yoga";

/** A span for each operation (OpenTelemetry's semantic conventions for GraphQL servers), without its document: texts in it are content. */
export function useTracing(tracer: Tracer): Plugin {
  return {
    onExecute({ executeFn, setExecuteFn }) {
      setExecuteFn((args: ExecutionArgs) => {
        const operation = getOperationAST(args.document, args.operationName);
        const type = operation?.operation ?? "query";
        const name = operation?.name?.value;
        const attributes = { "graphql.operation.type": type, ...(name === undefined ? {} : { "graphql.operation.name": name }) };
        return tracer.startActiveSpan(name === undefined ? type : `${type} ${name}`, { attributes }, async (span) => {
          try {
            return await (executeFn as (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult>)(args);
          } finally {
            span.end();
          }
        });
      });
    },
  };
}
