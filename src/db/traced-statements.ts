import { SpanKind, SpanStatusCode, type Tracer } from "@opentelemetry/api";
import type { Database } from "./database.js";
import type { Query, Transaction } from "./engine.js";

/** Makes a span for each statement, under that of its operation. Its text holds no value: values are apart from it. */
export function traceStatements(database: Database, tracer: Tracer | null): Database {
  if (tracer === null) return database;

  const traced =
    (query: Query): Query =>
    (statement, deadline) => {
      const attributes = { "db.system.name": "postgresql", "db.query.text": statement.text };
      return tracer.startActiveSpan("database statement", { kind: SpanKind.CLIENT, attributes }, (span) => {
        const fail = (error: unknown): never => {
          span.setStatus({ code: SpanStatusCode.ERROR });
          throw error;
        };
        return query<never>(statement, deadline)
          .catch(fail)
          .finally(() => span.end());
      });
    };

  const transaction: Transaction = (run, deadline) => database.transaction((query) => run(traced(query)), deadline);
  return { ...database, query: traced(database.query), transaction };
}
