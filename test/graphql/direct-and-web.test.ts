import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { CLIENT, startTestServer, type Answer, type TestServer } from "../support/server.js";
import { Readable } from "node:stream";
import { toResponse } from "../../src/core/request/rendered-answer.js";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_GRAPHQL: "1000/1h" });
  key = (await server.addUser()).key;
  await server.query(key, 'mutation { createProject(input: { id: "p", name: "P" }) { project { id } } }');
});
afterAll(() => server.close());

const onClose = () => undefined; // its few bytes of content stay counted

type Sent = { readonly headers: Readonly<Record<string, string>>; readonly body: string };

async function directly({ headers, body }: Sent): Promise<Response> {
  const request = {
    method: "POST",
    url: "/api/v1/graphql",
    headers: { host: "backstory.test", ...headers },
    body: Readable.from([Buffer.from(body)]),
  };
  const answered = await server.server.answer({ ...request, isGone: () => false, onClose }, () => CLIENT);
  if (answered === null) throw new Error("The request was not answered directly");
  return toResponse(answered);
}

function asWebRequest({ headers, body }: Sent): Promise<Response> {
  return server.server.fetch(new Request("http://backstory.test/api/v1/graphql", { method: "POST", headers, body }), {
    ...CLIENT,
    onClose,
  });
}

/** An answer without what differs between any two: what is left of the limit. */
async function comparable(response: Response): Promise<Pick<Answer, "status" | "body"> & { headers: object }> {
  const headers = Object.fromEntries(
    [...response.headers].filter(([name]) => !/^(x-ratelimit-remaining|ratelimit|content-length)$/.test(name)),
  );
  return { status: response.status, headers, body: await response.text() };
}

const JSON_HEADERS = { "content-type": "application/json", "x-request-id": "same" };
const withKey = () => ({ ...JSON_HEADERS, authorization: `Bearer ${key}` });
const body = (query: string, more: object = {}) => JSON.stringify({ query, ...more });

const cases: readonly (readonly [string, () => Sent])[] = [
  ["data", () => ({ headers: withKey(), body: body("{ projects { id name } }") })],
  ["partial data", () => ({ headers: withKey(), body: body('{ projects { id } project(id: "none") { id } }') })],
  ["the newer media type", () => ({ headers: { ...withKey(), accept: "application/graphql-response+json" }, body: body("{ nothing }") })],
  ["a syntax error", () => ({ headers: withKey(), body: body("{ projects { ") })],
  ["an unknown field", () => ({ headers: withKey(), body: body("{ projets { id } }") })],
  [
    "a variable that does not fit",
    () => ({ headers: withKey(), body: body("query ($id: ID!) { project(id: $id) { id } }", { variables: {} }) }),
  ],
  ["an unknown parameter", () => ({ headers: withKey(), body: body("{ __typename }", { querry: 1 }) })],
  ["an empty operationName", () => ({ headers: withKey(), body: body("{ __typename }", { operationName: "" }) })],
  ["an unknown operationName", () => ({ headers: withKey(), body: body("query A { __typename }", { operationName: "B" }) })],
  ["a batch", () => ({ headers: withKey(), body: ` [${body("{ __typename }")}, ${body("{ nothing }")}]` })],
  ["an empty batch", () => ({ headers: withKey(), body: "[]" })],
  ["a body that is not JSON", () => ({ headers: withKey(), body: "{" })],
  ["a body that is text", () => ({ headers: withKey(), body: '"{ __typename }"' })],
  ["an empty body", () => ({ headers: withKey(), body: "" })],
  ["a form", () => ({ headers: { ...withKey(), "content-type": "application/x-www-form-urlencoded" }, body: "query=%7B__typename%7D" })],
  ["a compressed body", () => ({ headers: { ...withKey(), "content-encoding": "gzip" }, body: "x" })],
  ["an answer that cannot be given", () => ({ headers: { ...withKey(), accept: "text/csv" }, body: body("{ __typename }") })],
  ["no key", () => ({ headers: JSON_HEADERS, body: body("{ projects { id } }") })],
  ["no key for some of it", () => ({ headers: JSON_HEADERS, body: body("{ __typename projects { id } }") })],
  ["an unknown key", () => ({ headers: { ...JSON_HEADERS, authorization: "Bearer bks_live_unknown" }, body: body("{ __typename }") })],
  ["another scheme", () => ({ headers: { ...JSON_HEADERS, authorization: "Basic eDp5" }, body: body("{ __typename }") })],
  ["too deep a document", () => ({ headers: withKey(), body: body(`${"{ projects ".repeat(20)}{ id }${"}".repeat(20)}`) })],
  [
    "too costly a document",
    () => ({ headers: withKey(), body: body("{ projects(limit: 200) { sessions(limit: 200) { relatedSessions(limit: 200) { id } } } }") }),
  ],
];

test.each(cases)("A direct request and a web request get equal answers: %s.", async (_name, sent) => {
  const direct = await comparable(await directly(sent()));
  expect(direct).toEqual(await comparable(await asWebRequest(sent())));
  expect(direct.body).not.toBe("");
});
