import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { rejectionOf } from "../support/rejection.js";
import { startTestServer, type TestServer } from "../support/server.js";

const PATH = "/api/v1/graphql";
const OLD = "application/json; charset=utf-8";
const NEW = "application/graphql-response+json; charset=utf-8";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer();
  key = (await server.addUser()).key;
});
afterAll(() => server.close());

const post = (headers: Record<string, string>, query = "{ __typename }") =>
  server.send(PATH, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, ...headers },
    body: new TextEncoder().encode(JSON.stringify({ query })),
  });

test.each([
  ["*/*", OLD],
  ["application/*", OLD],
  ["application/json", OLD],
  ["application/graphql-response+json", NEW],
  ["application/graphql-response+json; charset=utf-8, application/json; charset=utf-8", NEW],
  ["application/json, application/graphql-response+json", OLD],
  ["application/json;q=0.5, application/graphql-response+json;q=0.9", NEW],
  ["application/graphql-response+json;q=0.1, application/json;q=0.2", OLD],
  ["application/json;q=0, */*", NEW],
  ["text/event-stream, application/json;q=0.1", OLD],
  ["APPLICATION/GRAPHQL-RESPONSE+JSON", NEW],
])("A client that accepts %s is answered in %s.", async (accept, type) => {
  const { status, headers, body } = await post({ accept, "content-type": "application/json" });
  expect({ status, type: headers.get("content-type"), body }).toEqual({ status: 200, type, body: { data: { __typename: "Query" } } });
});

test("Answers tell caches that they depend on the Accept header, and are not to be kept.", async () => {
  const { headers } = await post({ "content-type": "application/json" });
  expect(headers.get("vary")).toBe("Accept");
  expect(headers.get("cache-control")).toBe("no-store");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
});

test.each(["text/html", "image/png", "text/event-stream", "application/json;q=0", "application/json; charset=latin1"])(
  "A client that accepts only %s is rejected with 406.",
  async (accept) => {
    const answer = await post({ accept, "content-type": "application/json" });
    expect(rejectionOf(answer)).toMatchObject({ http: 406, status: 406, code: "VALIDATION_ERROR", reason: "INVALID_PARAMETER" });
    expect(answer.headers.get("content-type")).toBe(OLD);
  },
);

test("An operation whose answer would not be accepted is not run.", async () => {
  const mutation = 'mutation { createProject(input: { id: "unwanted", name: "N" }) { project { id } } }';
  await post({ accept: "image/png", "content-type": "application/json" }, mutation);
  const { body } = await server.query(key, '{ project(id: "unwanted") { id } }');
  expect(body.errors[0].extensions.reason).toBe("RESOURCE_NOT_FOUND");
});

test.each(["application/json", "application/json;charset=UTF-8", 'Application/JSON; charset="utf8"'])(
  "A body of the type %s is read.",
  async (type) => {
    expect((await post({ "content-type": type })).status).toBe(200);
  },
);

test.each([
  "text/plain",
  "application/graphql",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "application/json; charset=latin1",
  "application/jsonp",
])("A body of the type %s is rejected with 415.", async (type) => {
  expect(rejectionOf(await post({ "content-type": type }))).toMatchObject({ http: 415, status: 415, reason: "INVALID_FORMAT" });
});

test("A compressed body is rejected with 415 instead of being read as broken JSON.", async () => {
  const rejection = rejectionOf(await post({ "content-type": "application/json", "content-encoding": "gzip" }));
  expect(rejection).toMatchObject({ http: 415, reason: "INVALID_FORMAT", message: "The body must not be compressed" });
});

test.each([{}, { "content-type": "" }])("A body without a Content-Type is INVALID_FORMAT: %j.", async (headers) => {
  const rejection = rejectionOf(await post(headers as Record<string, string>));
  expect(rejection).toMatchObject({
    http: 400,
    reason: "INVALID_FORMAT",
    message: expect.stringContaining("Content-Type header is missing"),
  });
});

test.each([
  ["does not parse", "{"],
  ["does not validate", "{ nothing }"],
  ["has variables that do not coerce", "query ($id: ID!) { project(id: $id) { id } }"],
])("A document that %s is 400 to a client of the newer media type and 200 to one of the older, without data.", async (_what, query) => {
  const newer = await post({ accept: "application/graphql-response+json", "content-type": "application/json" }, query);
  const older = await post({ accept: "application/json", "content-type": "application/json" }, query);
  expect([newer.status, older.status]).toEqual([400, 200]);
  expect(rejectionOf(newer).code).toBe("VALIDATION_ERROR");
  expect(rejectionOf(older).code).toBe("VALIDATION_ERROR");
});

test.each(["application/json", "application/graphql-response+json"])("Partial data is 200 in %s.", async (accept) => {
  const { status, body } = await post(
    { accept, "content-type": "application/json" },
    '{ projects { id } missing: project(id: "none") { id } foreign: sessions(limit: 0) { id } }',
  );
  expect(status).toBe(200);
  expect(body.data).toEqual({ projects: [], missing: null, foreign: null });
  expect(body.errors).toHaveLength(2);
});
