import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { getIntrospectionQuery, type IntrospectionQuery } from "graphql";
import { rejectionOf } from "../support/rejection.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_GRAPHQL: "10000/1h" });
});
afterAll(() => server.close());

const ask = (query: string, variables?: Record<string, unknown>) => server.query(null, query, variables);
const missing = { code: "UNAUTHENTICATED", reason: "MISSING_TOKEN", status: 401, retryable: false };

test.each([
  ["__typename", "{ __typename }"],
  ["__typename of mutations", "mutation { __typename }"],
  ["the schema", "{ __schema { queryType { name } } }"],
  ["a type", '{ __type(name: "Project") { name } }'],
  ["the catalogue", "{ errorCatalog { code reason } }"],
  [
    "all of it in fragments",
    "{ ...A } fragment A on Query { ... on Query { __typename ...B } } fragment B on Query { errorCatalog { code } }",
  ],
])("Without a token anyone may ask for %s.", async (_what, query) => {
  const { status, body } = await ask(query);
  expect(status).toBe(200);
  expect(body).not.toHaveProperty("errors");
});

test("Beside what is public, each data field has its own error with its path, and the rest has its data.", async () => {
  const query = '{ __typename a: projects { id } ...F errorCatalog { code } } fragment F on Query { session(id: "x") { id } }';
  const { status, headers, body } = await ask(query);
  expect([status, headers.get("www-authenticate")]).toEqual([200, null]);
  expect(body.data).toMatchObject({ __typename: "Query", a: null, session: null, errorCatalog: expect.any(Array) });
  expect(body.errors).toMatchObject([
    { message: "Authentication required", path: ["a"], locations: [{ line: 1, column: 14 }], extensions: missing },
    { path: ["session"], extensions: missing },
  ]);
});

test.each([
  ["one field", "{ projects { id } }"],
  ["several fields", "{ projects { id } viewer { email } rateLimit { remaining } }"],
  ["fields in fragments", "{ ...A } fragment A on Query { ... on Query { projects { id } } }"],
  ["a mutation", 'mutation { createProject(input: { id: "anonymous", name: "N" }) { project { id } } }'],
  ["__typename of data only", "{ projects { __typename } }"],
])("An operation of which nothing is public is rejected as a whole: %s.", async (_what, query) => {
  for (const accept of ["application/json", "application/graphql-response+json"]) {
    const answer = await server.query(null, query, undefined, { accept });
    expect(rejectionOf(answer)).toMatchObject({ http: 401, ...missing });
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    expect(answer.body.errors).toHaveLength(1);
  }
});

test("A mutation without a token changes nothing, whatever public stands beside it.", async () => {
  const { status, body } = await ask('mutation { __typename createProject(input: { id: "anonymous", name: "N" }) { project { id } } }');
  expect([status, body.data]).toEqual([200, { __typename: "Mutation", createProject: null }]);
  const { key } = await server.addUser();
  expect(await server.prisma.project.count()).toBe(0);
  expect((await server.query(key, "{ projects { id } }")).body.data).toEqual({ projects: [] });
});

test("Every field of the schema needs a token, but for the catalogue.", async () => {
  const { data } = (await ask(getIntrospectionQuery({ descriptions: false }))).body as { data: IntrospectionQuery };
  const roots = data.__schema.types.filter(({ name }) => name === "Query" || name === "Mutation");
  const fields = roots.flatMap((root) => ("fields" in root ? root.fields.map((field) => ({ root: root.name, ...field })) : []));
  expect(fields.length).toBeGreaterThan(20);
  for (const { root, name, args, type } of fields) {
    const variables = args.filter((arg) => arg.type.kind === "NON_NULL").map((arg) => ({ name: arg.name, type: typeText(arg.type) }));
    const head = variables.map((variable) => `$${variable.name}: ${variable.type}`).join(", ");
    const use = variables.map((variable) => `${variable.name}: $${variable.name}`).join(", ");
    const selection = isLeaf(type) ? "" : "{ __typename }";
    const operation = `${root.toLowerCase()} ${head === "" ? "" : `(${head})`} { ${name}${use === "" ? "" : `(${use})`} ${selection} }`;
    const { body } = await ask(operation);
    if (name === "errorCatalog") expect(body.data.errorCatalog).toEqual(expect.any(Array));
    else expect({ name, reason: body.errors?.[0].extensions.reason }).toEqual({ name, reason: "MISSING_TOKEN" });
  }
});

type TypeRef = { readonly kind: string; readonly name?: string; readonly ofType?: TypeRef | null };

function typeText({ kind, name, ofType }: TypeRef): string {
  if (ofType == null) return name ?? "";
  return kind === "NON_NULL" ? `${typeText(ofType)}!` : `[${typeText(ofType)}]`;
}

function isLeaf({ kind, ofType }: TypeRef): boolean {
  return ofType == null ? kind === "SCALAR" || kind === "ENUM" : isLeaf(ofType);
}
