import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createProject, uuid } from "../support/actions.js";
import { rejectionOf } from "../support/rejection.js";
import { putBody, restClient } from "../support/rest.js";
import { startTestServer, type Answer, type TestServer } from "../support/server.js";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer();
  key = (await server.addUser()).key;
  await createProject(server, key, { id: "app", name: "Before" });
});
afterAll(() => server.close());

/** As text: written as an object literal, `__proto__` would not be a key at all. */
const POISON: [string, string][] = [
  ["__proto__", '"__proto__":{"polluted":true,"query":"{ __typename }","name":"Polluted"}'],
  ["constructor", '"constructor":{"prototype":{"polluted":true},"name":"Polluted"}'],
];

function send(method: string, path: string, body: string): Promise<Answer> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  return server.send(`/api/v1${path}`, { method, headers, body });
}

/** The server runs in this very process, so what it did to all objects is seen here. */
function expectNothingPolluted(): void {
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
}

test.each(POISON)("An operation in a body's %s is not run, and the key is named as unknown.", async (name, poison) => {
  const rejection = rejectionOf(await send("POST", "/graphql", `{${poison}}`));
  expect(rejection).toMatchObject({ http: 400, message: expect.stringContaining("query is required") });
  const beside = rejectionOf(await send("POST", "/graphql", `{"query":"{ __typename }",${poison}}`));
  expect(beside).toMatchObject({ http: 400, reason: "INVALID_PARAMETER", fields: [{ path: [name] }] });
  expectNothingPolluted();
});

test.each(POISON)("The key %s in variables and extensions means nothing, and in an input it is rejected.", async (_name, poison) => {
  const harmless = await send("POST", "/graphql", `{"query":"{ __typename }","variables":{${poison}},"extensions":{${poison}}}`);
  expect(harmless.body).toEqual({ data: { __typename: "Query" } });
  const mutation = "mutation ($input: UpdateProjectInput!) { updateProject(input: $input) { project { name } } }";
  const rejected = await send("POST", "/graphql", `{"query":"${mutation}","variables":{"input":{"id":"app",${poison}}}}`);
  expect(rejectionOf(rejected)).toMatchObject({ reason: "INVALID_PARAMETER", message: expect.stringContaining("is not defined by type") });
  expectNothingPolluted();
});

test.each(POISON)("Over REST the key %s gives no field its value and none its prototype.", async (_name, poison) => {
  expect((await send("PATCH", "/projects/app", `{${poison}}`)).status).toBe(400);
  const body = JSON.stringify(putBody()).slice(0, -1);
  const stored = await send("PUT", `/projects/app/sessions/${uuid(1)}`, `${body},${poison},"metadata":{"tags":["a"],${poison}}}`);
  expect([200, 201]).toContain(stored.status);
  const { session } = (await restClient(server, key).get(`/projects/app/sessions/${uuid(1)}`)).body.data;
  expect(JSON.stringify(session)).not.toMatch(/polluted/i);
  expect(session.project).toMatchObject({ name: "Before" });
  expectNothingPolluted();
});

test("Names that every object has are names like any other in a document.", async () => {
  const query = `query constructor($toString: ID!) {
    __proto__: projects { __proto__: id constructor: name }
    constructor: __typename
    hasOwnProperty: project(id: $toString) { ...valueOf }
  } fragment valueOf on Project { id }`;
  const { body } = await server.query(key, query, { toString: "none" });
  expect(JSON.stringify(body.data)).toBe(
    '{"__proto__":[{"__proto__":"app","constructor":"Before"}],"constructor":"Query","hasOwnProperty":null}',
  );
  expect(body.errors).toMatchObject([{ path: ["hasOwnProperty"], extensions: { reason: "RESOURCE_NOT_FOUND" } }]);
  expect(rejectionOf(await server.query(key, "{ valueOf { toString } }")).message).toContain('Cannot query field "valueOf"');
  expect(rejectionOf(await server.query(key, "{ ...toString }")).message).toContain('Unknown fragment "toString"');
});
