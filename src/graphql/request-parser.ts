import { AppError } from "../errors/app-error.js";
import type { Plugin } from "graphql-yoga";
import { readText } from "../http/read-body.js";

type Limits = { readonly bodyBytes: number; readonly batch: number };

/**
 * Reads GraphQL requests (GraphQL over HTTP, sections 5 and 6): POST with JSON, one operation or a batch, and GET.
 * Forms and plain text are refused: a browser sends them across sites without asking.
 */
export function useJsonRequests({ bodyBytes, batch }: Limits): Plugin {
  return {
    onRequestParse({ request, setRequestParser }) {
      if (request.method === "GET") return undefined;
      if (request.method !== "POST") throw wrongMethod();
      requireJson(request.headers.get("content-type"));
      setRequestParser(async () => parseJsonBody(await readText(request, bodyBytes), batch));
      return undefined;
    },
  };
}

function wrongMethod(): AppError {
  const message = "GraphQL takes POST, or GET for queries";
  return new AppError("ENDPOINT_NOT_FOUND", { message, httpStatus: 405, headers: { Allow: "GET, POST" } });
}

function requireJson(contentType: string | null): void {
  if (contentType === null) throw new AppError("INVALID_FORMAT", { message: "The Content-Type header is missing; send application/json" });
  const [type = "", ...parameters] = contentType
    .toLowerCase()
    .split(";")
    .map((part) => part.trim());
  const charset = parameters
    .find((parameter) => parameter.startsWith("charset="))
    ?.slice("charset=".length)
    .replaceAll('"', "");
  if (type === "application/json" && (charset === undefined || charset === "utf-8" || charset === "utf8")) return;
  throw new AppError("INVALID_FORMAT", { message: "The Content-Type must be application/json in UTF-8", httpStatus: 415 });
}

// The parameters of each operation are checked by Yoga afterwards, hence the loose type of what is returned.
type Parameters = Record<string, never>;

function parseJsonBody(text: string, mostOperations: number): Parameters | Parameters[] {
  const body = parseJson(text);
  if (body === null || typeof body !== "object") throw new AppError("INVALID_FORMAT", { message: "The body must be a JSON object" });
  if (Array.isArray(body)) requireBatchSize(body, mostOperations);
  return body as Parameters | Parameters[];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AppError("INVALID_FORMAT", { message: "The body is not valid JSON", cause: error });
  }
}

function requireBatchSize(batch: readonly unknown[], most: number): void {
  if (batch.length === 0) throw new AppError("INVALID_FORMAT", { message: "The batch is empty" });
  if (batch.length <= most) return;
  const message = `The batch has ${batch.length} operations; at most ${most} are allowed (MAX_BATCH)`;
  throw new AppError("INVALID_PARAMETER", { message, details: { limit: most, exceeded: "MAX_BATCH" } });
}
