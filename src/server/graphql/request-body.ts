import { AppError } from "../../core/errors/app-error.js";
import { badInput } from "../../core/errors/bad-input.js";
import { requireJson, unsupported } from "../../core/request/content-type.js";
import { requireAcceptable } from "./media-types.js";

/** The headers of a GraphQL request that concern its body and the answer. */
type Head = {
  readonly method: string;
  readonly accept: string | null;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
};

/**
 * Rejects a request before anything of it is read (GraphQL over HTTP, sections 5 and 6): it must be a POST with JSON, or a
 * GET. Forms and plain text are rejected: a browser sends them across sites without asking.
 */
export function requireReadable({ method, accept, contentType, contentEncoding = "identity" }: Head): void {
  if (method !== "GET" && method !== "POST") throw wrongMethod();
  requireAcceptable(accept);
  if (method === "GET") return;
  requireJson(contentType);
  if (contentEncoding !== "identity") throw unsupported("The body must not be compressed");
}

function wrongMethod(): AppError {
  const message = "GraphQL takes POST, or GET for queries";
  return new AppError("ENDPOINT_NOT_FOUND", { message, httpStatus: 405, headers: { Allow: "GET, POST" } });
}

/** Reads the parameters of a GET request. It ignores other parameters of the query string. */
export function parseUrl(url: string): Record<string, unknown> {
  const { searchParams } = new URL(url);
  const [query, operationName] = ["query", "operationName"].map((name) => searchParams.get(name) || undefined);
  const [variables, extensions] = ["variables", "extensions"].map((name) => parseJsonParameter(name, searchParams.get(name)));
  return { query, operationName, variables, extensions };
}

function parseJsonParameter(name: string, text: string | null): unknown {
  if (text === null || text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw badInput([{ path: [name], reason: "INVALID_FORMAT", message: `${name} is not valid JSON` }]);
  }
}

/** Checks the body of a POST request, of one operation or of a batch. The parameters of each operation are validated when it runs. */
export function requireOperations(body: unknown, mostOperations: number): object | readonly unknown[] {
  if (body === null || typeof body !== "object") throw new AppError("INVALID_FORMAT", { message: "The body must be a JSON object" });
  if (Array.isArray(body)) requireBatchSize(body, mostOperations);
  return body;
}

function requireBatchSize(batch: readonly unknown[], most: number): void {
  if (batch.length === 0) throw new AppError("INVALID_FORMAT", { message: "The batch is empty" });
  if (batch.length <= most) return;
  const message = `The batch has ${batch.length} operations; at most ${most} are allowed (MAX_BATCH)`;
  throw new AppError("INVALID_PARAMETER", { message, details: { limit: most, exceeded: "MAX_BATCH" } });
}
