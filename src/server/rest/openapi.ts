import { z } from "zod";
import { PROBLEM_TYPE, type RestErrorStyle } from "../../core/errors/to-rest.js";
import { catalogue, errorReasons } from "../../core/errors/catalogue.js";
import type { AnswerFacts, RestRoute } from "../../kits/rest/route.js";

/** The failure that every route may answer, in addition to the answers that it declares. */
const failure = z.object({
  success: z.literal(false),
  status: z.literal("failed"),
  message: z.string(),
  error: z.object({ code: z.enum(errorReasons), message: z.string(), details: z.record(z.string(), z.unknown()) }),
});

/** The failure of REST_ERRORS=plain, which has the message as `error`. */
const plainFailure = failure.extend({ error: z.string(), code: z.enum(errorReasons), details: z.record(z.string(), z.unknown()) });

/** The failure as problem details (RFC 9457), if Accept asks for it. */
const problem = z.looseObject({
  type: z.url(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.enum(errorReasons),
  requestId: z.string(),
});

/** The catalogue's statuses, and those that replace one of them where HTTP has a more precise one. */
const FAILURES = [...new Set([...errorReasons.map((reason) => catalogue[reason].httpStatus), 413, 415, 422])].sort((a, b) => a - b);

/** Makes the OpenAPI 3.1 document of the routes from the schemas that validate their input. */
export function toOpenApi(routes: readonly RestRoute[], base: string, style: RestErrorStyle) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const operations = (paths[route.path] ??= {});
    operations[route.method.toLowerCase()] = toOperation(route);
    if (route.method === "GET") operations.head = toOperation({ ...route, answers: withoutBodies(route.answers) });
  }
  return {
    openapi: "3.1.0",
    info: { title: "Backstory", version: "1", description: "The REST API. GraphQL is at /api/v1/graphql." },
    servers: [{ url: base }],
    paths: { ...paths, "/openapi.json": { get: THIS_DOCUMENT, head: THIS_DOCUMENT } },
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer", description: "An API key or an access token" } },
      responses: {
        Failure: toResponse({
          description: "A failure; its code is the reason",
          content: { "application/json": style === "plain" ? plainFailure : failure, [PROBLEM_TYPE]: problem },
        }),
      },
    },
  };
}

const THIS_DOCUMENT = {
  summary: "This document",
  security: [],
  responses: { 200: { description: "The document", content: { "application/json": { schema: { type: "object" } } } } },
};

function withoutBodies(answers: RestRoute["answers"]): RestRoute["answers"] {
  return Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, { ...answer, content: {} }]));
}

function toOperation({ summary, access, params, query, body, answers }: RestRoute) {
  const failures = Object.fromEntries(FAILURES.map((status) => [status, { $ref: "#/components/responses/Failure" }]));
  const declared = Object.entries(answers).map(([status, answer]) => [status, toResponse(answer)] as const);
  return {
    summary,
    security: access === "code" ? [] : [{ bearer: [] }],
    parameters: [...toParameters("path", params), ...toParameters("query", query)],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { "application/json": { schema: toSchema(body, "input") } } } }),
    responses: { ...failures, ...Object.fromEntries(declared) },
  };
}

function toParameters(location: "path" | "query", schema: z.ZodObject | undefined) {
  return Object.entries(schema?.shape ?? {}).map(([name, value]) => {
    const { description, ...inner } = toSchema(value as z.ZodType, "input");
    return { name, in: location, required: location === "path", ...(description === undefined ? {} : { description }), schema: inner };
  });
}

function toResponse({ description, content = {}, headers = [] }: AnswerFacts) {
  return {
    description,
    content: Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema: toSchema(schema) }])),
    headers: Object.fromEntries(headers.map((name) => [name, { schema: { type: "string" } }])),
  };
}

/** Converts a schema to JSON Schema, which OpenAPI 3.1 uses. Rules that JSON Schema cannot express are left out. */
function toSchema(schema: z.ZodType, io: "input" | "output" = "output") {
  return { ...z.toJSONSchema(schema, { io, unrepresentable: "any" }), $schema: undefined };
}
