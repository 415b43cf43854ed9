import type { Tracer } from "@opentelemetry/api";
import { OperationTypeNode, type GraphQLSchema, type OperationDefinitionNode } from "graphql";
import type { Config } from "../../config.js";
import { unauthenticated } from "../../core/auth/bearer-token.js";
import type { Principal } from "../../core/auth/principal.js";
import { AppError } from "../../core/errors/app-error.js";
import type { Operations } from "../../core/load/operations.js";
import { claimOf } from "../../core/request/owner.js";
import type { RequestState } from "../../core/request/state.js";
import type { GraphQLContext } from "../../kits/graphql/context.js";
import type { Services } from "../../kits/services.js";
import type { Clock } from "../../platform/clock.js";
import type { Deadline } from "../../platform/deadline.js";
import { tooMuch } from "./abuse-limits.js";
import { createExecutor, type ExecutionResult } from "./execution/execute.js";
import type { Parameters } from "./parameters.js";
import { createPreparedOperations, type PreparedOperation } from "./prepared-operations.js";
import { traceOperation } from "./tracing.js";

/** The result of an operation. It has errors without data if the operation was rejected as a whole. */
export type OperationResult = { readonly data?: unknown; readonly errors?: readonly unknown[] };

/** The parts of an HTTP request on which its operation depends. */
type OperationRequest = {
  readonly method: string;
  readonly state: RequestState;
};

export type RunOperation = (parameters: Parameters, request: OperationRequest) => Promise<OperationResult>;

type Dependencies = {
  readonly schema: GraphQLSchema;
  readonly services: Services;
  readonly operations: Operations;
  readonly config: Pick<Config, "abuse" | "introspection">;
  readonly clock: Clock;
  /** Null if nothing is traced. */
  readonly tracer: Tracer | null;
};

/** The most characters of an operation's name in the log. */
const MOST_CHARACTERS = 100;

/**
 * Runs one GraphQL operation of any kind of request: it prepares the document, checks the server's limits, waits for a slot
 * and executes the operation. @throws AppError if it is rejected as a whole
 */
export function createOperationRunner(dependencies: Dependencies): RunOperation {
  const { schema, services, operations, config, clock, tracer } = dependencies;
  const executor = createExecutor(schema);
  const prepare = createPreparedOperations({ schema, executor, options: config });

  function run(prepared: PreparedOperation, parameters: Parameters, { state }: OperationRequest): Promise<ExecutionResult> {
    return operations.run(claimOf(state), async ({ deadline }) => {
      const context: GraphQLContext = { state, principal: ofOperation(state, deadline), services, clock, loaders: new Map() };
      const work = () => executor.execute(prepared.plan, { variables: parameters.variables, context });
      return tracer === null ? work() : traceOperation(tracer, prepared.operation, work);
    });
  }

  return async (parameters, request) => {
    const { state } = request;
    const prepared = prepare(parameters.query, parameters.operationName);
    if (prepared.operation !== undefined) recordName(prepared.operation, state);
    if (prepared.operation !== undefined) requireMethod(prepared.operation, request.method);
    if ("errors" in prepared) return { errors: prepared.errors };
    if (state.principal === null && prepared.needsCaller) throw unauthenticated("MISSING_TOKEN");
    const cost = prepared.costOf(parameters.variables ?? {});
    if (cost > config.abuse.complexity) return { errors: [tooCostly(cost, config.abuse.complexity)] };
    return run(prepared, parameters, request);
  };
}

/** Tells the services of the caller's operation. The properties are listed, since a profile showed the copying of them all. */
function ofOperation(answer: RequestState, deadline: Deadline): Principal | null {
  if (answer.principal === null) return null;
  const { userId, keyId, budgetId, kind, scopes, expiresAt, rateLimit } = answer.principal;
  return { userId, keyId, budgetId, kind, scopes, expiresAt, rateLimit, deadline, answer };
}

function recordName({ name }: OperationDefinitionNode, { operationNames }: RequestState): void {
  if (name !== undefined) operationNames.push(name.value.slice(0, MOST_CHARACTERS));
}

/** Rejects mutations by GET, which browsers send and repeat without asking. */
function requireMethod({ operation }: OperationDefinitionNode, method: string): void {
  if (method !== "GET" || operation === OperationTypeNode.QUERY) return;
  const message = `A ${operation} must be sent by POST`;
  throw new AppError("ENDPOINT_NOT_FOUND", { message, httpStatus: 405, headers: { Allow: "POST" } });
}

function tooCostly(cost: number, limit: number) {
  return tooMuch("MAX_COMPLEXITY", `The operation has a cost of ${cost}; at most ${limit} is allowed (MAX_COMPLEXITY)`, limit);
}
