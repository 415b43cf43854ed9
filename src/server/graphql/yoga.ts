import type { GraphQLSchema } from "graphql";
import { createYoga, type Plugin } from "graphql-yoga";
import { toAppError } from "../../core/errors/from-unknown.js";
import { GRAPHQL_PATH } from "../../core/request/paths.js";
import { decodeUtf8, readWebBody, withoutKey } from "../../core/request/read-body.js";
import { toResponse } from "../../core/request/rendered-answer.js";
import type { RequestState } from "../../core/request/state.js";
import { renderResult } from "./answer.js";
import type { OperationResult } from "./operation-runner.js";
import { parseParameters } from "./parameters.js";
import { addDecision, requireGranted, type Pipeline } from "./pipeline.js";
import { parseBody, parseUrl, requireReadable } from "./request-body.js";
import type { GraphQLRequest } from "./request.js";

/**
 * GraphQL for web requests: GET, batches, and whoever embeds the server. Yoga takes the request apart and joins the
 * results; what it means, each step takes from the pipeline.
 */
export function createWebGraphQL(schema: GraphQLSchema, pipeline: Pipeline) {
  return createYoga<GraphQLRequest>({
    schema,
    graphqlEndpoint: GRAPHQL_PATH,
    graphiql: false,
    batching: { limit: pipeline.mostOperations },
    plugins: [useRequest(pipeline), useOperations(pipeline), useAnswer(pipeline)],
    // Errors take their form, and their line in the log, in useAnswer; bodies are read and bounded in useRequest.
    maskedErrors: false,
    logging: false,
    maxRequestBodySize: false,
    parserAndValidationCache: false,
    // Yoga answers whatever ends with this address, also a query string. No address ends with a space.
    healthCheckEndpoint: " ",
    multipart: false,
    cors: false,
    landingPage: false,
  });
}

type WebPlugin = Plugin<Record<string, never>, GraphQLRequest>;

/** Finds out who is asking before anything is read, and decides about the limit as soon as the operations are counted. */
function useRequest({ bodyLimit, mostOperations, limit }: Pipeline): WebPlugin {
  return {
    async onRequestParse({ request, setRequestParser, serverContext: { state, body, authenticate } }) {
      try {
        state.principal = await authenticate();
      } catch (error) {
        throw toAppError(error); // Yoga would take an AggregateError apart, which drivers throw that tried several addresses
      }
      requireReadable(toHead(request));
      const reading = { limit: state.principal === null ? withoutKey(bodyLimit) : bodyLimit, lease: body };
      const readOperations = async () => parseBody(decodeUtf8(await readWebBody(request, reading)), mostOperations);
      setRequestParser(async () => (request.method === "GET" ? parseUrl(request.url) : await readOperations()) as Record<string, never>); // checked in useOperations
      return {
        async onRequestParseDone({ requestParserResult }) {
          state.decision = await limit(state, Array.isArray(requestParserResult) ? requestParserResult.length : 1);
        },
      };
    },
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

/** Runs each operation in the pipeline instead of Yoga's own. */
function useOperations({ run, clock }: Pipeline): WebPlugin {
  const counts = new WeakMap<RequestState, number>();
  return {
    onParams({ params, request, context: untyped, setParamsHandler }) {
      const { state } = untyped; // Yoga types it as params only; it is the server's context
      const index = counts.get(state) ?? 0;
      counts.set(state, index + 1);
      requireGranted(state, index, clock);
      const parameters = parseParameters(params);
      // Yoga reads no more of a result than whether it is a stream.
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
