import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { allScopes } from "../../src/core/auth/scopes.js";
import { startTestServer, type TestServer } from "../support/server.js";

const FIELDS = {
  searchSessions: 'searchSessions(query: "a") { total }',
  analytics: 'analytics(timeRange: { start: "2026-01-01T00:00:00Z" }) { totalSessions }',
};
const SEARCH = `{ ${FIELDS.searchSessions} }`;
const WIDE = { MAX_ROOT_FIELDS: "200", MAX_ALIASES: "200" };
const many = (count: number, field: string) => `{ ${Array.from({ length: count }, (_, index) => `f${index}: ${field}`).join(" ")} }`;

let server: TestServer;
const addKey = async (limit?: string) => (await server.addUser(undefined, allScopes, limit)).key;

function createProject(key: string, id: string) {
  return server.query(key, 'mutation ($id: ID!) { createProject(input: { id: $id, name: "N" }) { project { id } } }', { id });
}

async function saveSession(key: string, id: string) {
  const query =
    'mutation ($id: ID!) { saveSession(input: { id: $id, projectId: "p", name: "N", markdown: "text", metadata: { tags: ["a", "b"] } }) { created } }';
  expect((await server.query(key, query, { id })).body).toEqual({ data: { saveSession: { created: true } } });
}

describe("By default", () => {
  beforeAll(async () => {
    server = await startTestServer(WIDE);
  });
  afterAll(() => server.close());

  test.each([
    ["searchSessions", 120],
    ["analytics", 60],
  ] as const)("%s may be asked %i times a minute and key, and only what is beyond fails.", async (name, limit) => {
    const key = await addKey();
    const first = await server.query(key, many(limit - 1, FIELDS[name]));
    expect(first.body).not.toHaveProperty("errors");
    const query = `{ last: ${FIELDS[name]} beyond: ${FIELDS[name]} projects { id } __typename }`;
    const { status, headers, body } = await server.query(key, query);
    expect(status).toBe(200);
    expect(body.data).toMatchObject({ last: expect.anything(), beyond: null, projects: [], __typename: "Query" });
    expect(body.errors).toMatchObject([
      {
        path: ["beyond"],
        locations: [{ line: 1, column: query.indexOf("beyond") + 1 }],
        message: "Rate limit exceeded. Please try again in 60 seconds.",
        extensions: { code: "RATE_LIMITED", reason: "RATE_LIMIT_EXCEEDED", status: 429, retryAfter: 60, limit, remaining: 0 },
      },
    ]);
    expect(headers.get("retry-after")).toBeNull();
    server.clock.advance(60_000);
    expect((await server.query(key, `{ ${FIELDS[name]} }`)).body).not.toHaveProperty("errors");
  });

  test("each key has its own, and a key's own limit of operations does not raise it.", async () => {
    const [key, other] = [await addKey(), await addKey("100000/1h")];
    await server.query(key, many(120, FIELDS.searchSessions));
    expect((await server.query(key, SEARCH)).body.data).toEqual({ searchSessions: null });
    expect((await server.query(other, SEARCH)).body.data).toEqual({ searchSessions: { total: 0 } });
    expect((await server.query(other, many(125, FIELDS.searchSessions))).body.errors).toHaveLength(6);
  });

  test("never more than the limit is let through, however many ask at once.", async () => {
    const key = await addKey();
    const answers = await Promise.all(Array.from({ length: 150 }, () => server.query(key, SEARCH)));
    expect(answers.filter(({ body }) => body.errors === undefined)).toHaveLength(120);
    expect(answers.every(({ status }) => status === 200)).toBe(true);
  });

  test("a caller without a key is told that one is missing, however often.", async () => {
    const { body } = await server.query(null, many(130, FIELDS.searchSessions).replace("{", "{ __typename"));
    const reasons = body.errors.map(({ extensions }: { extensions: { reason: string } }) => extensions.reason);
    expect(reasons).toEqual(Array.from({ length: 130 }, () => "MISSING_TOKEN"));
  });
});

describe("RATE_LIMIT_FIELDS", () => {
  beforeAll(async () => {
    const limits = [
      "Query.searchSessions=7/1h,6/1m",
      "Query.errorCatalog=1/1m",
      "Mutation.createProject=4/1m",
      "Project.lastActivity=2/1m",
      "Project.sessionCount=2/1m",
      "Session.relatedSessions=3/1m",
      "Session.markdownSize=1/1m",
      "SessionSearchResult.relatedSessions=1/1m",
    ];
    server = await startTestServer({ RATE_LIMIT_FIELDS: limits.join() });
  });
  afterAll(() => server.close());

  test("overrides a field's own limit, with several windows.", async () => {
    const key = await addKey();
    const refusedOf = async (count: number) => ((await server.query(key, many(count, FIELDS.searchSessions))).body.errors ?? []).length;
    expect(await refusedOf(8)).toBe(2);
    server.clock.advance(60_000);
    expect(await refusedOf(2)).toBe(1);
  });

  test("gives a limit to mutations, which do nothing beyond it.", async () => {
    const key = await addKey();
    for (const id of ["a", "b", "c", "d"]) expect((await createProject(key, id)).body).not.toHaveProperty("errors");
    expect((await createProject(key, "e")).body).toMatchObject({
      data: { createProject: null },
      errors: [{ path: ["createProject"], extensions: { code: "RATE_LIMITED", retryAfter: 60 } }],
    });
    expect((await server.query(key, "{ projects { id } }")).body.data.projects).toHaveLength(4);
  });

  test.each(["lastActivity", "sessionCount"])("gives a limit to %s of each object of a list, and keeps the list.", async (field) => {
    const key = await addKey();
    for (const id of ["a", "b", "c"]) await createProject(key, id);
    const { status, body } = await server.query(key, `{ projects { id ${field} } }`);
    expect(status).toBe(200);
    expect(body.data.projects).toMatchObject([{ id: "c" }, { id: "b" }, { id: "a", [field]: null }]);
    expect(body.errors).toMatchObject([{ path: ["projects", 2, field], extensions: { code: "RATE_LIMITED", retryAfter: 60 } }]);
  });

  test("makes what it limits nullable, and the schema says so.", async () => {
    const query =
      '{ a: __type(name: "Project") { fields { name type { kind } } } b: __type(name: "Session") { fields { name type { kind } } } }';
    const { a, b } = (await server.query(null, query)).body.data;
    expect(a.fields).toContainEqual({ name: "sessionCount", type: { kind: "SCALAR" } });
    expect(a.fields).toContainEqual({ name: "name", type: { kind: "NON_NULL" } });
    expect(b.fields).toContainEqual({ name: "markdownSize", type: { kind: "SCALAR" } });
  });

  test("on a field of an interface is one budget for all types with the field.", async () => {
    const key = await addKey();
    const [id, other] = ["0b5c3c5e-0001-4000-8000-000000000001", "0b5c3c5e-0001-4000-8000-000000000002"];
    await saveSession(key, id);
    await saveSession(key, other);
    const query = `query ($id: ID!) { session(id: $id) { name relatedSessions { id name relatedSessions { id } } } }`;
    const first = await server.query(key, query, { id });
    expect(first.body).not.toHaveProperty("errors");
    const nested = { id: other, name: "N", relatedSessions: null };
    const { status, body } = await server.query(key, query, { id });
    expect([status, body.data]).toEqual([200, { session: { name: "N", relatedSessions: [nested] } }]);
    expect(body.errors).toMatchObject([{ path: ["session", "relatedSessions", 0, "relatedSessions"] }]);
    expect((await server.query(key, query, { id })).body.data).toEqual({ session: { name: "N", relatedSessions: null } });
  });

  test("on a field of one type leaves the same field of the others to its interface's budget.", async () => {
    const key = await addKey();
    const id = "0b5c3c5e-0001-4000-8000-000000000003";
    await saveSession(key, id);
    const search = '{ searchSessions(query: "text") { results { relatedSessions { id } } } }';
    expect((await server.query(key, search)).body).not.toHaveProperty("errors");
    expect((await server.query(key, search)).body.data.searchSessions.results).toEqual([{ relatedSessions: null }]);
    const query = "query ($id: ID!) { a: session(id: $id) { ...R } b: session(id: $id) { ...R } c: session(id: $id) { ...R } }";
    const { body } = await server.query(key, `${query} fragment R on Session { relatedSessions { id } }`, { id });
    expect(body).not.toHaveProperty("errors");
  });

  test("on a public field counts callers without a key per address.", async () => {
    const { body } = await server.query(null, "{ a: errorCatalog { code } b: errorCatalog { code } }");
    expect(body.data).toMatchObject({ a: expect.any(Array), b: null });
    expect(body.errors).toMatchObject([{ path: ["b"], extensions: { code: "RATE_LIMITED", retryAfter: 60 } }]);
  });

  test("stops the start if the schema lacks a field, and names all of them.", async () => {
    const wrong = { RATE_LIMIT_FIELDS: "Query.serchSessions=1/1m,Query.projects=1/1m,Nothing.at=2/1h,Session.naem=1/1s" };
    await expect(startTestServer(wrong)).rejects.toThrow(
      "RATE_LIMIT_FIELDS: the schema has no field Query.serchSessions, Nothing.at, Session.naem",
    );
  });
});
