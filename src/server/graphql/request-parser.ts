import { AppError } from "../../core/errors/app-error.js";
import { badInput } from "../../core/errors/bad-input.js";
import type { Plugin } from "graphql-yoga";
import { requireJson, unsupported } from "../../core/request/content-type.js";
import { parseJson } from "../../core/request/parse-json.js";
import { decodeUtf8, readBytes, withoutKey } from "../../core/request/read-body.js";
import { requireAcceptable } from "./media-types.js";
import type { GraphQLRequest } from "./request.js";

type Limits = { readonly bodyBytes: number; readonly batch: number };

/**
 * Reads GraphQL requests (GraphQL over HTTP, sections 5 and 6): POST with JSON, one operation or a batch, and GET.
 * Forms and plain text are refused: a browser sends them across sites without asking.
 */
export function useJsonRequests({ bodyBytes, batch }: Limits): Plugin<Record<string, never>, GraphQLRequest> {
  const limit = { bytes: bodyBytes, setting: "MAX_BODY_BYTES" };
  return {
    onRequestParse({ request, setRequestParser, serverContext: { operation, state } }) {
      if (request.method !== "GET" && request.method !== "POST") throw wrongMethod();
      requireAcceptable(request);
      if (request.method === "POST") {
        requireJson(request.headers);
        requireUncompressed(request.headers);
      }
      const bound = state.principal === null ? withoutKey(limit) : limit;
      const readBody = () => operation.whileReading((hold) => readBytes(request, bound, hold));
      setRequestParser(request.method === "GET" ? parseUrl : async () => parseJsonBody(decodeUtf8(await readBody()), batch));
      return undefined;
    },
  };
}

function wrongMethod(): AppError {
  const message = "GraphQL takes POST, or GET for queries";
  return new AppError("ENDPOINT_NOT_FOUND", { message, httpStatus: 405, headers: { Allow: "GET, POST" } });
}

function requireUncompressed(headers: Headers): void {
  if ((headers.get("content-encoding") ?? "identity") !== "identity") throw unsupported("The body must not be compressed");
}

// The parameters of each operation are checked afterwards, hence the loose type of what is returned.
type Parameters = Record<string, never>;

/** What else a query string holds is none of GraphQL's business. */
function parseUrl({ url }: Request): Parameters {
  const { searchParams } = new URL(url);
  const [query, operationName] = ["query", "operationName"].map((name) => searchParams.get(name) || undefined);
  const [variables, extensions] = ["variables", "extensions"].map((name) => parseJsonParameter(name, searchParams.get(name)));
  return { query, operationName, variables, extensions } as unknown as Parameters;
}

function parseJsonParameter(name: string, text: string | null): unknown {
  if (text === null || text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw badInput([{ path: [name], reason: "INVALID_FORMAT", message: `${name} is not valid JSON` }]);
  }
}

function parseJsonBody(text: string, mostOperations: number): Parameters | Parameters[] {
  const body = parseJson(text);
  if (body === null || typeof body !== "object") throw new AppError("INVALID_FORMAT", { message: "The body must be a JSON object" });
  if (Array.isArray(body)) requireBatchSize(body, mostOperations);
  return body as Parameters | Parameters[];
}

function requireBatchSize(batch: readonly unknown[], most: number): void {
  if (batch.length === 0) throw new AppError("INVALID_FORMAT", { message: "The batch is empty" });
  if (batch.length <= most) return;
  const message = `The batch has ${batch.length} operations; at most ${most} are allowed (MAX_BATCH)`;
  throw new AppError("INVALID_PARAMETER", { message, details: { limit: most, exceeded: "MAX_BATCH" } });
}
