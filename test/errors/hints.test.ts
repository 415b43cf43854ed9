import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { getIntrospectionQuery } from "graphql";
import { rejectionOf } from "../support/rejection.js";
import { startTestServer, type TestServer } from "../support/server.js";

/** Mistakes for which GraphQL suggests the right name, if it may show the schema. */
const MISTAKES: readonly (readonly [string, string, object, string])[] = [
  ["a field", "{ project(id: 1) { nam } }", {}, '"name"'],
  ["a root field", "{ projcts { id } }", {}, '"projects"'],
  ["an argument", "{ projects(limt: 1) { id } }", {}, '"limit"'],
  ["a type", "query ($f: SessionFilter) { sessions(filters: $f) { id } }", {}, '"SessionFilters"'],
  ["a field of an input", '{ sessions(filters: { tag: ["a"] }) { id } }', {}, '"tags"'],
  ["an enum value", "{ sessions(orderBy: NAM_ASC) { id } }", {}, '"NAME_ASC"'],
  ["a field of a variable", "query ($f: SessionFilters) { sessions(filters: $f) { id } }", { f: { tag: ["a"] } }, '"tags"'],
  ["an enum value in a variable", "query ($o: SessionOrder) { sessions(orderBy: $o) { id } }", { o: "NAM_ASC" }, '"NAME_ASC"'],
  ["a fragment's type", "{ session(id: 1) { ... on StoredSesion { id } } }", {}, '"StoredSession"'],
];

describe("Where introspection is on,", () => {
  let server: TestServer;
  let key: string;
  beforeAll(async () => {
    server = await startTestServer();
    key = (await server.addUser()).key;
  });
  afterAll(() => server.close());

  test.each(MISTAKES)("the right name for %s is suggested.", async (_what, query, variables, rightName) => {
    const { body } = await server.query(key, query, { ...variables });
    expect(JSON.stringify(body).replaceAll("\\", "")).toMatch(new RegExp(`Did you mean .*${rightName}`));
  });
});

describe("Where introspection is off,", () => {
  let server: TestServer;
  let key: string;
  beforeAll(async () => {
    server = await startTestServer({ INTROSPECTION: "off" });
    key = (await server.addUser()).key;
  });
  afterAll(() => server.close());

  test.each(MISTAKES)("no name is suggested for %s, with a key or without.", async (_what, query, variables, rightName) => {
    for (const caller of [null, key]) {
      const answer = await server.query(caller, query, { ...variables });
      if (caller !== null) expect(rejectionOf(answer).code).toBe("VALIDATION_ERROR");
      const text = JSON.stringify(answer.body).replaceAll("\\", "");
      expect(text).not.toContain("Did you mean");
      expect(text).not.toContain(rightName);
    }
  });

  test.each(["{ __schema { types { name } } }", '{ __type(name: "Project") { name } }', getIntrospectionQuery()])(
    "introspection is rejected, with a key or without: %s",
    async (query) => {
      for (const caller of [null, key]) {
        const rejection = rejectionOf(await server.query(caller, query));
        expect(rejection).toMatchObject({ http: 400, code: "VALIDATION_ERROR", reason: "INVALID_PARAMETER" });
        expect(rejection.message).toContain("introspection has been disabled");
      }
    },
  );

  test("__typename, the catalogue and the data are still there.", async () => {
    expect((await server.query(null, "{ __typename errorCatalog { code } }")).body.data).toMatchObject({ __typename: "Query" });
    expect((await server.query(key, "{ projects { id } }")).body).toEqual({ data: { projects: [] } });
  });
});
