import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { z } from "zod";
import { read, uuid } from "../support/actions.js";
import { putBody, restClient } from "../support/rest.js";
import { startTestServer, type Answer, type TestServer, type TestUser } from "../support/server.js";

const PROJECT = "/projects/{projectId}";
const SESSION = `${PROJECT}/sessions/{sessionId}`;
const DATA_TYPE = "application/vnd.specstory.session-data+json";
const PROBLEM = "application/problem+json";

/** All routes of the REST API. */
const ROUTES: [string, string[]][] = [
  ["/projects", ["get", "head"]],
  [PROJECT, ["delete", "patch"]],
  [`${PROJECT}/sessions`, ["get", "head"]],
  [`${PROJECT}/sessions/sizes`, ["get", "head"]],
  ["/sessions/recent", ["get", "head"]],
  [SESSION, ["delete", "get", "head", "put"]],
  ["/search/resume", ["post"]],
  ["/device-login", ["post"]],
  ["/device-refresh", ["post"]],
  ["/device-logout", ["post"]],
  ["/billing/entitlement", ["get", "head"]],
  ["/export", ["get", "head"]],
  ["/admin/backup", ["post"]],
  ["/openapi.json", ["get", "head"]],
];

let server: TestServer;
let user: TestUser;
// The document is data from the server like any other.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
let openApi: any;
beforeAll(async () => {
  server = await startTestServer({ MAX_UPLOAD_BYTES: "10000", MAX_UNZIPPED_BYTES: "10000" });
  user = await server.addUser();
  openApi = (await server.send("/api/v1/openapi.json")).body;
});
afterAll(() => server.close());

/** Follows a `$ref` of the document. Other values stay as they are. */
function resolve(value: Answer["body"], document = openApi): Answer["body"] {
  if (value?.$ref === undefined) return value;
  return String(value.$ref).split("/").slice(1).reduce((found, name) => found[name], document); // prettier-ignore
}

/** Checks an answer against what the document says of its operation, status and media type; gives back the status. */
function check(method: string, template: string, { status, headers, body }: Answer, document = openApi): number {
  const documented = resolve(document.paths[template]?.[method]?.responses[status], document);
  if (documented === undefined) throw new Error(`${method} ${template} has no answer ${status}`);
  for (const name of Object.keys(documented.headers ?? {})) expect([name, headers.get(name)]).toEqual([name, expect.any(String)]);
  if (body === "") return status;
  const [type = ""] = (headers.get("content-type") ?? "").split(";");
  const schema = documented.content?.[type]?.schema;
  if (schema === undefined) throw new Error(`${method} ${template} ${status} has no ${type}`);
  expect(z.fromJSONSchema(schema).safeParse(body).error?.issues ?? []).toEqual([]);
  return status;
}

test("The document is OpenAPI 3.1, and can be read without a key.", async () => {
  const { status, headers } = await server.send("/api/v1/openapi.json");
  expect([status, headers.get("content-type")]).toEqual([200, "application/json"]);
  expect(openApi.openapi).toMatch(/^3\.1\.\d+$/);
  expect(openApi.info).toMatchObject({ title: "Backstory", version: expect.any(String) });
  expect(openApi.servers).toEqual([{ url: "/api/v1" }]);
  expect((await server.send("/api/v1/openapi.json", { method: "HEAD" })).status).toBe(200);
});

test.each(ROUTES)("The document names %s with its methods: %j.", (path, methods) => {
  expect(Object.keys(openApi.paths[path] ?? {}).sort()).toEqual(methods);
});

test("The document names no other route.", () => {
  const known = ROUTES.map(([path]) => path);
  expect(Object.keys(openApi.paths).filter((path) => !known.includes(path))).toEqual([]);
});

type Operation = { readonly [fact: string]: Answer["body"] };
const operations = (): [string, string, Operation][] =>
  Object.entries<Record<string, Operation>>(openApi.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): [string, string, Operation] => [path, method, operation]),
  );

test("Every operation has a summary, says who may call it and describes each of its answers.", () => {
  for (const [path, method, { summary, security, responses }] of operations()) {
    expect([path, method, typeof summary]).toEqual([path, method, "string"]);
    expect(security).toEqual(path === "/device-login" || path === "/openapi.json" ? [] : [{ bearer: [] }]);
    for (const answer of Object.values(responses)) expect(resolve(answer)).toMatchObject({ description: expect.stringMatching(/\w/) });
    expect(Object.keys(responses)).toContain("200");
  }
  expect(openApi.components.securitySchemes.bearer).toMatchObject({ type: "http", scheme: "bearer" });
});

test("Every parameter of a path is documented, and so are those of the query.", () => {
  const parametersOf = ({ parameters = [] }: Operation, location: string) =>
    parameters.filter((parameter: { in: string }) => parameter.in === location) as { name: string; required: boolean; schema: unknown }[];
  for (const [path, , operation] of operations()) {
    const declared = parametersOf(operation, "path");
    expect(declared.map(({ name }) => name)).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    expect(declared.map(({ required }) => required)).toEqual(declared.map(() => true));
  }
  const queryOf = (path: string) => parametersOf(openApi.paths[path].get, "query").map(({ name, required }) => [name, required]);
  expect(queryOf("/projects")).toEqual([["resumable", false]]);
  expect(queryOf(`${PROJECT}/sessions`)).toEqual([
    ["resumable", false],
    ["limit", false],
    ["cursor", false],
  ]);
  expect(queryOf("/sessions/recent")).toEqual([["limit", false]]);
});

test("The schemas of the bodies take what the server takes, and reject what it rejects.", () => {
  const bodyOf = (path: string, method: string) =>
    z.fromJSONSchema(openApi.paths[path][method].requestBody.content["application/json"].schema);
  const put = bodyOf(SESSION, "put");
  for (const more of [
    {},
    { newer: 1 },
    { sessionData: null, metadata: { clientName: "", tags: ["x"] }, startedAt: "2026-01-01T00:00:00Z" },
  ]) {
    expect(put.safeParse(putBody(more)).success).toBe(true);
  }
  for (const more of [
    { markdown: undefined },
    { rawData: undefined },
    { projectName: undefined },
    { name: 1 },
    { metadata: { tags: "x" } },
  ]) {
    expect(put.safeParse(JSON.parse(JSON.stringify(putBody(more)))).success).toBe(false);
  }
  expect(bodyOf("/search/resume", "post").safeParse({}).success).toBe(false);
  expect(bodyOf("/device-login", "post").safeParse({ hostname: "x" }).success).toBe(false);
  expect(bodyOf(PROJECT, "patch").safeParse({ icon: "Bot", color: null }).success).toBe(true);
});

test("The answers of every route are as the document says, for their status and media type.", async () => {
  const client = restClient(server, user.key);
  const path = `/projects/app/sessions/${uuid(1)}`;
  const body = putBody({ sessionData: "{}", metadata: { agentName: "Claude Code", tags: ["a"] }, startedAt: "2026-01-01T00:00:00Z" });
  expect(check("put", SESSION, await client.put(path, body))).toBe(201);
  expect(check("put", SESSION, await client.put(path, body))).toBe(200);
  expect(check("put", SESSION, await client.put(`/projects/app/sessions/${uuid(2)}`, putBody()))).toBe(201);
  const answers: [string, string, Answer][] = [
    ["get", SESSION, await client.get(path)],
    ["get", SESSION, await client.get(path, { accept: "text/markdown" })],
    ["get", SESSION, await client.get(path, { accept: DATA_TYPE })],
    ["get", "/projects", await client.get("/projects")],
    ["get", "/projects", await client.get("/projects?resumable=true")],
    ["get", `${PROJECT}/sessions`, await client.get("/projects/app/sessions")],
    ["get", `${PROJECT}/sessions`, await client.get("/projects/app/sessions?resumable=true")],
    ["get", `${PROJECT}/sessions`, await client.get("/projects/app/sessions?limit=1")],
    ["get", `${PROJECT}/sessions`, await client.get("/projects/app/sessions?limit=200")],
    ["get", `${PROJECT}/sessions/sizes`, await client.get("/projects/app/sessions/sizes")],
    ["get", `${PROJECT}/sessions/sizes`, await client.get("/projects/none/sessions/sizes")],
    ["get", "/sessions/recent", await client.get("/sessions/recent")],
    ["post", "/search/resume", await client.post("/search/resume", { query: "hel" })],
    ["get", "/billing/entitlement", await client.get("/billing/entitlement")],
    ["get", "/export", await client.get("/export")],
    ["patch", PROJECT, await client.patch("/projects/app", { name: "Renamed", icon: "Bot" })],
    ["patch", PROJECT, await client.patch("/projects/app", { icon: null })],
    ["delete", SESSION, await client.delete(path)],
    ["delete", PROJECT, await client.delete("/projects/app")],
  ];
  for (const [method, template, answer] of answers) expect(check(method, template, answer)).toBe(200);
});

test("A conditional answer has the headers that the document names and no body.", async () => {
  const path = `/projects/conditional/sessions/${uuid(3)}`;
  await restClient(server, user.key).put(path, putBody());
  const answer = await restClient(server, user.key).get(path, { "if-none-match": "*" });
  expect([check("get", SESSION, answer), answer.body]).toEqual([304, ""]);
});

test("The answers to a device are as the document says.", async () => {
  const { code } = (await read(server, user.key, "mutation { createDeviceCode { code } }")).createDeviceCode;
  const login = await restClient(server, null).post("/device-login", { device_code: code });
  const device = restClient(server, login.body.refreshToken);
  expect(check("post", "/device-login", login)).toBe(200);
  expect(check("post", "/device-refresh", await device.post("/device-refresh", {}))).toBe(200);
  expect(check("post", "/device-logout", await device.post("/device-logout", {}))).toBe(200);
});

test("The check that these tests are made of tells a wrong answer.", async () => {
  const answer = await restClient(server, user.key).get("/billing/entitlement");
  for (const data of [
    { plan: "pro" },
    { plan: 1, features: {} },
    { plan: "pro", features: { resume: "yes" } },
    { plan: "pro", features: {}, x: 1 },
  ]) {
    expect(() => check("get", "/billing/entitlement", { ...answer, body: { success: true, data } })).toThrow();
  }
});

/** A failure of every status that a documented operation can have and a test can bring about. */
async function failures(headers: Record<string, string> = {}): Promise<[number, string, string, Answer][]> {
  const limited = restClient(server, await server.addKey(user, ["sessions:read"], "1/1h"));
  const client = restClient(server, user.key);
  const other = await server.addUser();
  const path = `/projects/failing/sessions/${uuid(4)}`;
  await client.put(path, putBody());
  await limited.get(path);
  return [
    [400, "put", SESSION, await client.put(path, {}, headers)],
    [401, "get", "/projects", await restClient(server, null).get("/projects", headers)],
    [401, "post", "/device-login", await client.post("/device-login", { device_code: "x" }, headers)],
    [403, "delete", SESSION, await restClient(server, other.key).delete(path, headers)],
    [404, "get", `${PROJECT}/sessions`, await client.get("/projects/none/sessions", headers)],
    [409, "put", SESSION, await client.put(`/projects/second/sessions/${uuid(4)}`, putBody(), headers)],
    [413, "put", SESSION, await client.put(path, putBody({ markdown: "x".repeat(10_000) }), headers)],
    [415, "put", SESSION, await client.put(path, {}, { ...headers, "content-type": "text/plain" })],
    [422, "put", SESSION, await client.put(path, putBody({ projectId: "x" }), headers)],
    [429, "get", SESSION, await limited.get(path, headers)],
  ];
}

test("Failures are as the document says, for every status that they have.", async () => {
  for (const [status, method, template, answer] of await failures()) {
    expect([answer.status, answer.headers.get("content-type")]).toEqual([status, "application/json"]);
    expect(check(method, template, answer)).toBe(status);
  }
});

test("The document describes problem details too, for who accepts them.", async () => {
  for (const [status, method, template, answer] of await failures({ accept: PROBLEM })) {
    expect(answer.headers.get("content-type")).toBe(PROBLEM);
    expect(check(method, template, answer)).toBe(status);
  }
});

test("The document of a server with plain errors describes these.", async () => {
  const plain = await startTestServer({ REST_ERRORS: "plain" });
  const { body } = await plain.send("/api/v1/openapi.json");
  const rejected = await plain.send("/api/v1/projects");
  await plain.close();
  expect(check("get", "/projects", rejected, body)).toBe(401);
});

test("Every session id that the server takes is one that the document allows.", async () => {
  const id = "11111111-1111-1111-1111-111111111111"; // of no version of UUIDs
  expect((await restClient(server, user.key).put(`/projects/ids/sessions/${id}`, putBody())).status).toBe(201);
  const dataOf = (method: string, status: number) =>
    openApi.paths[SESSION][method].responses[status].content["application/json"].schema.properties.data.properties;
  for (const { pattern } of [dataOf("put", 201).sessionId, dataOf("get", 200).session.properties.id]) {
    expect(new RegExp(pattern).test(id)).toBe(true);
  }
});
