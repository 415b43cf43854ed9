import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { rejectionOf } from "../support/rejection.js";
import { startTestServer, type TestServer } from "../support/server.js";

const PATH = "/api/v1/graphql";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_GRAPHQL: "10000/1h", MAX_BATCH: "3" });
  key = (await server.addUser()).key;
});
afterAll(() => server.close());

const headers = () => ({
  authorization: `Bearer ${key}`,
  "content-type": "application/json",
  accept: "application/graphql-response+json",
});
const post = (body: string, more: Record<string, string> = {}) =>
  server.send(PATH, { method: "POST", headers: { ...headers(), ...more }, body });
const get = (parameters: Record<string, string>) =>
  server.send(`${PATH}?${new URLSearchParams(parameters).toString()}`, {
    headers: { authorization: `Bearer ${key}`, accept: "application/graphql-response+json" },
  });
const problem = { code: "VALIDATION_ERROR", http: 400, status: 400 };

test.each([
  ["broken JSON", '{"query":', "The body is not valid JSON"],
  ["nothing", "", "The body is not valid JSON"],
  ["null", "null", "The body must be a JSON object"],
  ["a number", "7", "The body must be a JSON object"],
  ["a string", '"{ __typename }"', "The body must be a JSON object"],
  ["an empty batch", "[]", "The batch is empty"],
])("A body that is %s is INVALID_FORMAT.", async (_what, body, message) => {
  expect(rejectionOf(await post(body))).toMatchObject({ ...problem, reason: "INVALID_FORMAT", message });
});

test.each([
  ["no query", {}, [{ path: ["query"], reason: "MISSING_REQUIRED_FIELD" }]],
  ["a query that is no text", { query: { text: "{ __typename }" } }, [{ path: ["query"], reason: "INVALID_FORMAT" }]],
  ["an unknown parameter", { query: "{ __typename }", querry: "" }, [{ path: ["querry"], reason: "INVALID_PARAMETER" }]],
  ["variables that are text", { query: "{ __typename }", variables: "{}" }, [{ path: ["variables"], reason: "INVALID_FORMAT" }]],
  ["extensions that are a list", { query: "{ __typename }", extensions: [] }, [{ path: ["extensions"], reason: "INVALID_FORMAT" }]],
  [
    "three mistakes",
    { variables: 1, operationName: 2 },
    [
      { path: ["query"], reason: "MISSING_REQUIRED_FIELD" },
      { path: ["operationName"], reason: "INVALID_FORMAT" },
      { path: ["variables"], reason: "INVALID_FORMAT" },
    ],
  ],
])("A request with %s is VALIDATION_ERROR and names each parameter.", async (_what, body, fields) => {
  const rejection = rejectionOf(await post(JSON.stringify(body)));
  expect(rejection).toMatchObject({ ...problem, reason: fields[0]?.reason });
  expect(rejection.fields).toEqual(fields.map((field) => expect.objectContaining(field)));
});

test.each([
  ["one of several", { query: "query A { __typename } query B { __typename }", operationName: "B" }],
  ["the only one, unnamed", { query: "query A { __typename }", operationName: null }],
])("The right operation runs: %s.", async (_what, body) => {
  expect(await post(JSON.stringify(body))).toMatchObject({ status: 200, body: { data: { __typename: "Query" } } });
});

test.each([
  ["that the document does not have", { query: "query A { __typename }", operationName: "B" }, "operationName", "INVALID_PARAMETER"],
  ["that is missing", { query: "query A { __typename } query B { __typename }" }, "operationName", "MISSING_REQUIRED_FIELD"],
  ["where the document has no operation", { query: "fragment F on Query { __typename }" }, "query", "INVALID_PARAMETER"],
])("An operation %s is VALIDATION_ERROR and names the parameter.", async (_what, body, name, reason) => {
  expect(rejectionOf(await post(JSON.stringify(body)))).toMatchObject({ ...problem, reason, fields: [{ path: [name], reason }] });
});

test("An empty operationName counts as absent, in a single request, in a batch and by GET.", async () => {
  const alone = { query: "query A { __typename }", operationName: "" };
  const unclear = { query: "query A { __typename } query B { __typename }", operationName: "" };
  const missing = { reason: "MISSING_REQUIRED_FIELD", fields: [{ path: ["operationName"] }] };

  for (const answer of [await post(JSON.stringify(alone)), await get(alone)])
    expect(answer.body).toEqual({ data: { __typename: "Query" } });
  for (const answer of [await post(JSON.stringify(unclear)), await get(unclear)]) expect(rejectionOf(answer)).toMatchObject(missing);
  const batch = await post(JSON.stringify([alone, unclear, { query: "{ rateLimit { limit } }", operationName: "" }]));
  expect(batch.body).toMatchObject([
    { data: { __typename: "Query" } },
    { errors: [{ extensions: missing }] },
    { data: { rateLimit: expect.anything() } },
  ]);
});

test("A subscription is rejected as something that the schema does not have.", async () => {
  const rejection = rejectionOf(await post(JSON.stringify({ query: "subscription { __typename }" })));
  expect(rejection).toMatchObject({ ...problem, reason: "INVALID_PARAMETER", locations: [{ line: 1, column: 1 }] });
});

test("A query by GET runs, with its variables and the name of its operation in the address.", async () => {
  const query = "query A($n: String!) { __type(name: $n) { name } } query B { __typename }";
  const { status, body } = await get({ query, variables: '{"n":"Project"}', operationName: "A" });
  expect({ status, body }).toEqual({ status: 200, body: { data: { __type: { name: "Project" } } } });
});

test("An address that ends like a health check is still a query.", async () => {
  const { body } = await get({ query: "{ __typename }", extensions: '{"from":"/health"}' });
  expect(body).toEqual({ data: { __typename: "Query" } });
  const { body: plain } = await server.send(`${PATH}?query={__typename}&from=/health`, { headers: headers() });
  expect(plain).toEqual({ data: { __typename: "Query" } });
});

test.each(["variables", "extensions"])("Broken JSON in the %s of an address is INVALID_FORMAT and names them.", async (name) => {
  const rejection = rejectionOf(await get({ query: "{ __typename }", [name]: "{" }));
  expect(rejection).toMatchObject({ ...problem, reason: "INVALID_FORMAT", fields: [{ path: [name] }] });
});

test("A mutation by GET is rejected with 405 and changes nothing.", async () => {
  const answer = await get({ query: 'mutation { createProject(input: { id: "by-get", name: "N" }) { project { id } } }' });
  expect(rejectionOf(answer)).toMatchObject({ http: 405, status: 405, code: "NOT_FOUND", reason: "ENDPOINT_NOT_FOUND" });
  expect(answer.headers.get("allow")).toBe("POST");
  const { body } = await server.query(key, '{ project(id: "by-get") { id } }');
  expect(body.errors[0].extensions.reason).toBe("RESOURCE_NOT_FOUND");
});

test.each(["PUT", "PATCH", "DELETE"])("%s is rejected with 405 and the methods that are allowed.", async (method) => {
  const answer = await server.send(PATH, { method, headers: headers(), body: "{}" });
  expect(rejectionOf(answer)).toMatchObject({ http: 405, reason: "ENDPOINT_NOT_FOUND" });
  expect(answer.headers.get("allow")).toBe("GET, POST");
});

test("A batch is answered in its order, each operation for itself.", async () => {
  const { status, body } = await post(
    JSON.stringify([{ query: "{ a: __typename }" }, { query: "{" }, { query: "{ projects(limit: 1) { id } }" }]),
  );
  expect(status).toBe(200);
  expect(body).toMatchObject([
    { data: { a: "Query" } },
    { errors: [{ locations: [{ line: 1, column: 2 }], extensions: { code: "VALIDATION_ERROR", reason: "INVALID_FORMAT" } }] },
    { data: { projects: [] } },
  ]);
  expect(body[1]).not.toHaveProperty("data");
});

test("An operation of a batch that is no object fails for itself.", async () => {
  const { status, body } = await post(JSON.stringify([null, { query: "{ __typename }" }]));
  expect(status).toBe(200);
  expect(body).toMatchObject([{ errors: [{ extensions: { reason: "INVALID_FORMAT" } }] }, { data: { __typename: "Query" } }]);
});

test("A batch of more than MAX_BATCH operations is rejected as a whole.", async () => {
  const rejection = rejectionOf(await post(JSON.stringify(Array.from({ length: 4 }, () => ({ query: "{ __typename }" })))));
  expect(rejection).toMatchObject({ ...problem, reason: "INVALID_PARAMETER", exceeded: "MAX_BATCH", limit: 3 });
});
