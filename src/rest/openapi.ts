import { z } from "zod";
import { catalogue, errorReasons } from "../errors/catalogue.js";
import type { AnswerFacts, RestRoute } from "./route.js";

/** What every route may answer beside what it declares (CONTRACT, section 1). */
const failure = z.object({
  success: z.literal(false),
  status: z.literal("failed"),
  message: z.string(),
  error: z.object({ code: z.enum(errorReasons), message: z.string(), details: z.record(z.string(), z.unknown()) }),
});

const FAILURES = [...new Set(errorReasons.map((reason) => catalogue[reason].httpStatus))].sort((a, b) => a - b);

/** The OpenAPI 3.1 document of the routes, from the very schemas that validate their input. */
export function toOpenApi(routes: readonly RestRoute[], base: string) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method.toLowerCase()] = toOperation(route);
  return {
    openapi: "3.1.0",
    info: { title: "Backstory", version: "1", description: "The REST API. GraphQL is at /api/v1/graphql." },
    servers: [{ url: base }],
    paths,
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer", description: "An API key or an access token" } },
      responses: {
        Failure: { description: "A failure; `error.code` is the reason", content: { "application/json": { schema: toSchema(failure) } } },
      },
    },
  };
}

function toOperation({ summary, access, params, query, body, answers }: RestRoute) {
  const failures = Object.fromEntries(FAILURES.map((status) => [status, { $ref: "#/components/responses/Failure" }]));
  const declared = Object.entries(answers).map(([status, answer]) => [status, toResponse(answer)] as const);
  return {
    summary,
    security: access === "none" ? [] : [{ bearer: [] }],
    parameters: [...toParameters("path", params), ...toParameters("query", query)],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { "application/json": { schema: toSchema(body, "input") } } } }),
    responses: { ...failures, ...Object.fromEntries(declared) },
  };
}

function toParameters(place: "path" | "query", schema: z.ZodObject | undefined) {
  return Object.entries(schema?.shape ?? {}).map(([name, value]) => {
    const { description, ...inner } = toSchema(value as z.ZodType, "input");
    return { name, in: place, required: place === "path", ...(description === undefined ? {} : { description }), schema: inner };
  });
}

function toResponse({ description, content = {}, headers = [] }: AnswerFacts) {
  return {
    description,
    content: Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema: toSchema(schema) }])),
    headers: Object.fromEntries(headers.map((name) => [name, { schema: { type: "string" } }])),
  };
}

/** OpenAPI 3.1 takes JSON Schema as it is. What JSON Schema cannot say, as "a time after 1970", it leaves out. */
function toSchema(schema: z.ZodType, io: "input" | "output" = "output") {
  return { ...z.toJSONSchema(schema, { io, unrepresentable: "any" }), $schema: undefined };
}
