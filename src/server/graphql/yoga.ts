import type { GraphQLSchema } from "graphql";
import { createYoga, type Plugin } from "graphql-yoga";
import type { ContentLease } from "../../core/load/content-memory.js";
import { toAppError } from "../../core/errors/from-unknown.js";
import { GRAPHQL_PATH } from "../../core/request/paths.js";
import { toResponse } from "../../core/request/rendered-answer.js";
import type { RequestState } from "../../core/request/state.js";
import { renderResult } from "./answer.js";
import type { OperationResult } from "./operation-runner.js";
import { parseParameters } from "./parameters.js";
import { addDecision, requireGranted, type Pipeline } from "./pipeline.js";
import { parseUrl, requireReadable } from "./request-body.js";
import type { GraphQLRequest } from "./request.js";

/**
 * Handles GraphQL for web requests: GET, batches, and programs that embed the server. Yoga splits a request into operations
 * and joins their results. Each step itself comes from the pipeline.
 */
export function createWebGraphQL(schema: GraphQLSchema, pipeline: Pipeline) {
  return createYoga<GraphQLRequest>({
    schema,
    graphqlEndpoint: GRAPHQL_PATH,
    graphiql: false,
    batching: { limit: pipeline.mostOperations },
    plugins: [useRequest(pipeline), useOperations(pipeline), useAnswer(pipeline)],
    // useAnswer shapes and logs errors, and useRequest reads and limits bodies.
    maskedErrors: false,
    logging: false,
    maxRequestBodySize: false,
    parserAndValidationCache: false,
    // Yoga answers every URL that ends with this text, even if that is in the query string. No URL ends with a space.
    healthCheckEndpoint: " ",
    multipart: false,
    cors: false,
    landingPage: false,
  });
}

type WebPlugin = Plugin<Record<string, never>, GraphQLRequest>;

/** Authenticates the caller before the body is read, and applies the limit as soon as the operations are counted. */
function useRequest({ bodies, limit }: Pipeline): WebPlugin {
  const leases = new WeakMap<RequestState, ContentLease>();
  return {
    async onRequestParse({ request, setRequestParser, serverContext: { state, authenticate } }) {
      try {
        state.principal = await authenticate();
      } catch (error) {
        throw toAppError(error); // Yoga would split the AggregateError of a driver that tried several addresses
      }
      requireReadable(toHead(request));
      const lease = bodies.lease(state);
      leases.set(state, lease);
      const readOperations = () => bodies.readWeb(request, { state, lease });
      setRequestParser(async () => (request.method === "GET" ? parseUrl(request.url) : await readOperations()) as Record<string, never>); // checked in useOperations
      return {
        async onRequestParseDone({ requestParserResult }) {
          state.decision = await limit(state, Array.isArray(requestParserResult) ? requestParserResult.length : 1);
        },
      };
    },
    onResponse: ({ serverContext }) => leases.get(serverContext.state)?.release(),
  };
}

function toHead({ method, headers }: Request) {
  return {
    method,
    accept: headers.get("accept"),
    contentType: headers.get("content-type") ?? undefined,
    contentEncoding: headers.get("content-encoding") ?? undefined,
  };
}

/** Runs each operation in the pipeline instead of Yoga's own executor. */
function useOperations({ run, clock }: Pipeline): WebPlugin {
  const counts = new WeakMap<RequestState, number>();
  return {
    onParams({ params, request, context: untyped, setParamsHandler }) {
      const { state } = untyped; // Yoga's type is too narrow; this is the server's context
      const index = counts.get(state) ?? 0;
      counts.set(state, index + 1);
      requireGranted(state, index, clock);
      const parameters = parseParameters(params);
      // Yoga only checks whether the result is a stream.
      setParamsHandler(() => run(parameters, { method: request.method, state }) as Promise<Record<string, never>>);
    },
  };
}

function useAnswer({ hints, limit }: Pipeline): WebPlugin {
  return {
    async onResultProcess({ request, result, serverContext: { state }, setResultProcessor }) {
      await addDecision(state, limit);
      const accept = request.headers.get("accept");
      setResultProcessor(
        () => toResponse(renderResult(result as OperationResult | OperationResult[], { state, accept }, { hints })),
        "application/json",
      );
    },
  };
}
