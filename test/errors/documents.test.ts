import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { rejectionOf } from "../support/rejection.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer();
  key = (await server.addUser()).key;
});
afterAll(() => server.close());

type BadField = { readonly path: readonly (string | number)[]; readonly reason: string };
type Details = { readonly reason: string; readonly fields?: readonly BadField[] };

const problem = { http: 400, status: 400, code: "VALIDATION_ERROR" };

test("A document that does not parse is INVALID_FORMAT at the location where parsing ended.", async () => {
  const rejection = rejectionOf(await server.query(key, "{\n  projects { id \n"));
  expect(rejection).toMatchObject({ ...problem, reason: "INVALID_FORMAT", locations: [{ line: 3, column: 1 }] });
  expect(rejection.message).toMatch(/^Syntax Error/);
});

test.each([
  ["A field that does not exist", "{ projects { ^nam } }", "INVALID_PARAMETER"],
  ["An argument that does not exist", "{ projects(^limt: 1) { id } }", "INVALID_PARAMETER"],
  ["A type that does not exist", "{ ...F } fragment F on ^Quary { __typename }", "INVALID_PARAMETER"],
  ["A fragment that does not exist", "{ ...^F }", "INVALID_PARAMETER"],
  ["A directive that does not exist", "{ __typename ^@skp(if: true) }", "INVALID_PARAMETER"],
  ["A field that needs subfields", "{ ^projects }", "INVALID_PARAMETER"],
  ["An argument that is missing", "{ ^project { id } }", "MISSING_REQUIRED_FIELD"],
  ["A null where none may be", "{ project(id: ^null) { id } }", "MISSING_REQUIRED_FIELD"],
  ["A literal of the wrong type", '{ projects(limit: ^"ten") { id } }', "INVALID_FORMAT"],
  [
    "A literal that its scalar rejects",
    'mutation { createApiKey(input: { name: "n", scopes: [], userId: ^"me" }) { key } }',
    "INVALID_FORMAT",
  ],
  ["An enum value that does not exist", "{ sessions(orderBy: ^NEWEST) { id } }", "INVALID_PARAMETER"],
  ["A variable where it does not fit", "query (^$n: String) { projects(limit: $n) { id } }", "INVALID_FORMAT"],
  ["A variable that is not declared", "{ projects(limit: ^$n) { id } }", "INVALID_PARAMETER"],
])("%s is named with its location and reason.", async (_what, marked, reason) => {
  const rejection = rejectionOf(await server.query(key, marked.replace("^", "")));
  expect(rejection).toMatchObject({ ...problem, reason });
  expect(rejection.locations[0]).toEqual({ line: 1, column: marked.indexOf("^") + 1 });
});

test("All mistakes of a document are named at once, and bad values with their path.", async () => {
  const { status, body } = await server.query(
    key,
    `mutation { createProject(input: { icon: 5, colour: "red", id: { a: 1 } }) { project { nam } }
      saveSession(input: { id: "x", projectId: "p", name: "n", markdown: "m", metadata: { tags: ["a", 5] } }) { created } }`,
  );
  expect(status).toBe(400);
  const found = body.errors.map(({ extensions }: { extensions: Details }) => [extensions.reason, extensions.fields?.[0]?.path]);
  expect(found).toEqual(
    expect.arrayContaining([
      ["MISSING_REQUIRED_FIELD", ["input", "name"]],
      ["INVALID_FORMAT", ["input", "icon"]],
      ["INVALID_PARAMETER", ["input", "colour"]],
      ["INVALID_FORMAT", ["input", "id"]],
      ["INVALID_FORMAT", ["input", "metadata", "tags", 1]],
      ["INVALID_PARAMETER", undefined],
    ]),
  );
  expect(found).toHaveLength(6);
});

const CREATE = `mutation ($input: CreateProjectInput!, $id: ID!, $order: SessionOrder, $filters: SessionFilters) {
  createProject(input: $input) { project { id } } deleteProject(input: { id: $id }) { deletedAt } }`;
const READ = `query ($id: ID!, $order: SessionOrder, $filters: SessionFilters, $limit: Int) {
  project(id: $id) { id } sessions(orderBy: $order, filters: $filters, limit: $limit) { id } }`;

test("Variables that do not coerce are one error with every bad value, its path, its reason and all locations.", async () => {
  const answer = await server.query(key, READ, {
    order: "NEWEST",
    filters: { tags: ["a", 7], projectIds: [null], since: "2026", dateRange: { start: "yesterday" } },
    limit: "ten",
  });
  expect(answer.body.errors).toHaveLength(1);
  const { fields, locations, ...rejection } = rejectionOf(answer);
  expect(rejection).toMatchObject(problem);
  expect(fields.map(({ path, reason }: BadField) => [path, reason])).toEqual(
    expect.arrayContaining([
      [["id"], "MISSING_REQUIRED_FIELD"],
      [["order"], "INVALID_PARAMETER"],
      [["filters", "tags", 1], "INVALID_FORMAT"],
      [["filters", "projectIds", 0], "MISSING_REQUIRED_FIELD"],
      [["filters", "since"], "INVALID_PARAMETER"],
      [["filters", "dateRange", "start"], "INVALID_FORMAT"],
      [["limit"], "INVALID_FORMAT"],
    ]),
  );
  expect(fields).toHaveLength(7);
  expect(locations).toHaveLength(4);
});

test("A bad value within an input is named as input.name is.", async () => {
  const query = "mutation ($input: CreateProjectInput!) { createProject(input: $input) { project { id } } }";
  expect(rejectionOf(await server.query(key, query, { input: { name: 5 } }))).toMatchObject({
    ...problem,
    reason: "INVALID_FORMAT",
    fields: [{ path: ["input", "name"], reason: "INVALID_FORMAT", message: expect.stringContaining("input.name: ") }],
  });
  expect(rejectionOf(await server.query(key, query, { input: {} }))).toMatchObject({
    reason: "MISSING_REQUIRED_FIELD",
    fields: [{ path: ["input", "name"], reason: "MISSING_REQUIRED_FIELD" }],
  });
  expect(rejectionOf(await server.query(key, query, { input: null })).fields).toMatchObject([
    { path: ["input"], reason: "MISSING_REQUIRED_FIELD" },
  ]);
});

test("A null variable for an argument that needs a value fails that field, and its siblings keep their data.", async () => {
  const { status, body } = await server.query(key, 'query ($id: ID = "x") { project(id: $id) { id } projects { id } }', { id: null });
  expect(status).toBe(200);
  expect(body.data).toEqual({ project: null, projects: [] });
  expect(body.errors).toMatchObject([
    { path: ["project"], extensions: { reason: "MISSING_REQUIRED_FIELD", fields: [{ path: ["id"], reason: "MISSING_REQUIRED_FIELD" }] } },
  ]);
});

test("Every bad value that a service finds is named too, each with its path.", async () => {
  const { status, body } = await server.query(key, "mutation ($i: CreateProjectInput!) { createProject(input: $i) { project { id } } }", {
    i: { name: "x".repeat(256), icon: "NoSuchIcon", color: "mauve" },
  });
  expect(status).toBe(200);
  const [{ path, extensions }] = body.errors;
  expect(path).toEqual(["createProject"]);
  expect(extensions.fields.map((field: { path: string[] }) => field.path.join("."))).toEqual(["input.name", "input.icon", "input.color"]);
});

test("An answer repeats no more than a little of what a client sent.", async () => {
  const long = "x".repeat(200_000);
  for (const [query, variables] of [
    [`{ ${long} }`, {}],
    [`{ projects(limit: "${long}") { id } }`, {}],
    [READ, { id: "p", order: long }],
    [READ, { id: "p", filters: { [long]: 1 } }],
    [READ, { id: { [long]: 1 } }],
    [`{ project(id: "${long}") { id } }`, {}],
  ] as const) {
    const { body } = await server.query(key, query, variables);
    expect(JSON.stringify(body).length).toBeLessThan(4_000);
  }
});

test("The codes and words of the libraries beneath never reach a client.", async () => {
  const queries = ["{", "{ nothing }", "query ($a: Int!) { __typename }", "query A { __typename } query B { __typename }", CREATE, READ];
  const answers = await Promise.all(queries.map((query) => server.query(key, query, { id: {}, input: 7 })));
  expect(answers.map(({ body }) => JSON.stringify(body)).join("\n")).not.toMatch(
    /BAD_REQUEST|GRAPHQL_|BAD_USER_INPUT|OPERATION_RESOLUTION|PERSISTED|"http":|stacktrace|originalError/,
  );
});
