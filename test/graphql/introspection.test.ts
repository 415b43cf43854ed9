import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { buildClientSchema, getIntrospectionQuery, validateSchema, type IntrospectionOptions } from "graphql";
import { rejectionOf } from "../support/rejection.js";
import { startTestServer, type TestServer } from "../support/server.js";

const everything: IntrospectionOptions = {
  descriptions: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
  inputValueDeprecation: true,
  oneOf: true,
};

describe("Under the default limits", () => {
  let server: TestServer;
  let key: string;
  beforeAll(async () => {
    server = await startTestServer();
    key = (await server.addUser()).key;
  });
  afterAll(() => server.close());

  test.each([
    ["its usual form, as Apollo's tools and graphql-codegen send it", getIntrospectionQuery()],
    ["all that it can ask for, as GraphiQL does", getIntrospectionQuery(everything)],
    ["its shortest form", getIntrospectionQuery({ descriptions: false })],
  ])("the introspection of graphql-js passes in %s, with a key and without, and builds a valid schema.", async (_what, query) => {
    for (const caller of [null, key]) {
      const { status, body } = await server.query(caller, query);
      expect(status).toBe(200);
      expect(body).not.toHaveProperty("errors");
      expect(validateSchema(buildClientSchema(body.data))).toEqual([]);
    }
  });

  test("what GraphiQL asks to learn which introspection a server knows passes.", async () => {
    const query = `{ schema: __type(name: "__Schema") { name fields { name } } type: __type(name: "__Type") { fields { name } }
      directive: __type(name: "__Directive") { fields { name } } field: __type(name: "__Field") { fields { name args { name } } } }`;
    expect((await server.query(null, query)).body).not.toHaveProperty("errors");
  });

  test("everything that the schema has carries a description.", async () => {
    const { body } = await server.query(null, getIntrospectionQuery(everything));
    const { types } = body.data.__schema;
    type Described = { name: string; description: string | null; args?: Described[] };
    type Type = Described & Record<"fields" | "inputFields" | "enumValues", Described[] | null>;
    const undescribed = (types as Type[])
      .filter(({ name }) => !name.startsWith("__"))
      .flatMap((type) =>
        [type, ...(type.fields ?? []), ...(type.inputFields ?? []), ...(type.enumValues ?? [])]
          .flatMap((thing) => [thing, ...(thing.args ?? [])])
          .filter(({ description }) => (description ?? "") === "")
          .map(({ name }) => `${type.name}.${name}`),
      );
    expect(undescribed).toEqual([]);
  });

  const nested = (levels: number) => `${"fields { type { ".repeat(levels)}name${" } }".repeat(levels)}`;
  const wide = "fields { name args { name type { inputFields { name type { name } } } } type { fields { name args { name } } } }";

  test.each([
    ["nested hundreds of levels deep", `{ __schema { types { ${nested(300)} } } }`, "MAX_DEPTH"],
    ["nested in a fragment that no operation uses", `{ __typename } fragment F on __Type { ${nested(300)} }`, "MAX_DEPTH"],
    ["nested a few levels too many", `{ __type(name: "Query") { ${nested(12)} } }`, "MAX_DEPTH"],
    ["the fields of the fields of fields", `{ __type(name: "Query") { ${nested(3)} } }`, "MAX_DEPTH"],
    ["a chain of list types", `{ __type(name: "Query") { ${"ofType { ".repeat(30)}name${" }".repeat(30)} } }`, "MAX_DEPTH"],
    [
      "the same again and again",
      `{ ${Array.from({ length: 49 }, (_, n) => `s${n}: __schema { types { ${wide} } }`).join(" ")} }`,
      "MAX_COMPLEXITY",
    ],
    [
      "the same by a fragment",
      `{ ${Array.from({ length: 49 }, (_, n) => `s${n}: __schema { ...S }`).join(" ")} } fragment S on __Schema { types { ${wide} } }`,
      "MAX_COMPLEXITY",
    ],
    [
      "one name under a thousand others",
      `{ __schema { types { fields { ${Array.from({ length: 1_000 }, (_, n) => `n${n}: name`).join(" ")} } } } }`,
      "MAX_ALIASES",
    ],
  ])("introspection that is %s is rejected, and says which limit it passes.", async (_what, query, exceeded) => {
    const rejection = rejectionOf(await server.query(null, query));
    expect(rejection).toMatchObject({ http: 400, code: "VALIDATION_ERROR", reason: "INVALID_PARAMETER", exceeded });
    expect(rejection.message).toContain(exceeded);
  });
});

test("A low MAX_DEPTH leaves introspection to the tools that need it, and holds for all else.", async () => {
  const server = await startTestServer({ MAX_DEPTH: "2" });
  const { key } = await server.addUser();
  expect((await server.query(key, getIntrospectionQuery(everything))).status).toBe(200);
  expect((await server.query(key, "{ projects { id } }")).status).toBe(200);
  expect(rejectionOf(await server.query(key, "{ projects { sessions { id } } }"))).toMatchObject({ exceeded: "MAX_DEPTH", limit: 2 });
  await server.close();
});
