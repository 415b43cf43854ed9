import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createProject, share, uuid } from "../support/actions.js";
import { putBody, restClient } from "../support/rest.js";
import { startTestServer, type Answer, type TestServer, type TestUser } from "../support/server.js";

let server: TestServer;
let user: TestUser;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_AUTH_FAILURES: "1000/1m" });
  user = await server.addUser();
});
afterAll(() => server.close());

const SESSION = `/projects/app/sessions/${uuid(1)}`;

/** The error of a rejection in the structured form. */
function errorOf({ status, headers, body }: Answer) {
  const { code, message, details } = body.error;
  expect(body).toEqual({ success: false, status: "failed", message, error: { code, message, details } });
  expect(details.requestId).toBe(headers.get("x-request-id"));
  return { http: status, code, message, details };
}

const ROUTES: [string, string][] = [
  ["GET", "/projects"],
  ["PATCH", "/projects/app"],
  ["DELETE", "/projects/app"],
  ["GET", "/projects/app/sessions"],
  ["GET", "/projects/app/sessions/sizes"],
  ["GET", "/sessions/recent"],
  ["GET", SESSION],
  ["PUT", SESSION],
  ["DELETE", SESSION],
  ["POST", "/search/resume"],
  ["POST", "/device-refresh"],
  ["POST", "/device-logout"],
  ["GET", "/billing/entitlement"],
];

const rejectionOf = async (method: string, path: string, authorization?: string) => {
  const answer = await server.send(`/api/v1${path}`, { method, headers: authorization === undefined ? {} : { authorization } });
  const { http, code } = errorOf(answer);
  return { http, code, challenge: answer.headers.get("www-authenticate") };
};

test.each(ROUTES)(
  "%s %s needs a token: with none, a bad one, half of one or another scheme it is 401 with a challenge.",
  async (method, path) => {
    const ask = (authorization?: string) => rejectionOf(method, path, authorization);
    const invalid = { http: 401, code: "INVALID_TOKEN", challenge: 'Bearer error="invalid_token"' };
    expect(await ask()).toEqual({ http: 401, code: "MISSING_TOKEN", challenge: "Bearer" });
    expect(await ask("Bearer bks_live_wrong")).toEqual(invalid);
    expect(await ask("Bearer ")).toEqual(invalid);
    expect(await ask("Basic dXNlcjpwYXNz")).toEqual({ http: 401, code: "INVALID_CREDENTIALS", challenge: "Bearer" });
  },
);

test("HEAD of a session without a token is 401 with the challenge and no body.", async () => {
  const { status, headers, body } = await restClient(server, null).head(SESSION);
  expect([status, headers.get("www-authenticate"), body]).toEqual([401, "Bearer", ""]);
});

test.each([
  ["GET", "/projects", "projects:read"],
  ["GET", "/projects/app/sessions", "sessions:read"],
  ["GET", "/projects/app/sessions/sizes", "sessions:read"],
  ["GET", "/sessions/recent", "sessions:read"],
  ["GET", SESSION, "sessions:read"],
  ["POST", "/search/resume", "sessions:read"],
  ["PUT", SESSION, "sessions:write"],
  ["DELETE", SESSION, "sessions:write"],
  ["PATCH", "/projects/app", "projects:write"],
  ["DELETE", "/projects/app", "projects:write"],
])("%s %s needs the scope that its rejection names: %s.", async (method, path, requiredScope) => {
  const key = await server.addKey(user, ["keys:manage"]);
  const body = method === "GET" || method === "DELETE" ? null : JSON.stringify(putBody({ query: "x" }));
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const answer = await server.send(`/api/v1${path}`, { method, headers, body });
  expect(errorOf(answer)).toMatchObject({ http: 403, code: "INSUFFICIENT_SCOPE", details: { requiredScope } });
  expect(answer.headers.get("www-authenticate")).toBe(`Bearer error="insufficient_scope", scope="${requiredScope}"`);
});

test("Deleting a project deletes its sessions, so that it needs the scope to write sessions too.", async () => {
  await createProject(server, user.key, { id: "spared" });
  const answer = await restClient(server, await server.addKey(user, ["projects:read", "projects:write"])).delete("/projects/spared");

  expect(errorOf(answer)).toMatchObject({ http: 403, code: "INSUFFICIENT_SCOPE", details: { requiredScope: "sessions:write" } });
  const able = restClient(server, await server.addKey(user, ["projects:write", "sessions:write"]));
  expect((await able.delete("/projects/spared")).body.data.deletedProject).toMatchObject({ id: "spared" });
});

test("A read-only key stores nothing, not even a project.", async () => {
  const key = await server.addKey(user, ["projects:read", "sessions:read"]);
  expect((await restClient(server, key).put(`/projects/unmade/sessions/${uuid(2)}`, putBody())).status).toBe(403);
  expect((await restClient(server, user.key).get("/projects/unmade/sessions")).status).toBe(404);
});

test.each(["/", "/nothing", "/projects/", "/project", "/projects/app/sessions/x/y", "/PROJECTS", "/device-login/", "/graphql/x"])(
  "There is no route %s: 404, with a key or without.",
  async (path) => {
    const there = errorOf(await restClient(server, user.key).get(path));
    expect(there).toMatchObject({ http: 404, code: "ENDPOINT_NOT_FOUND", message: `There is nothing at /api/v1${path}` });
    expect(errorOf(await restClient(server, null).get(path)).http).toBe(404);
  },
);

test.each([
  ["POST", "/projects", "GET, HEAD"],
  ["GET", "/projects/app", "PATCH, DELETE"],
  ["DELETE", "/projects/app/sessions", "GET, HEAD"],
  ["POST", "/projects/app/sessions/sizes", "GET, HEAD"],
  ["PUT", "/sessions/recent", "GET, HEAD"],
  ["POST", SESSION, "GET, HEAD, PUT, DELETE"],
  ["BREW", SESSION, "GET, HEAD, PUT, DELETE"],
  ["GET", "/search/resume", "POST"],
  ["GET", "/device-login", "POST"],
  ["HEAD", "/device-refresh", "POST"],
  ["DELETE", "/device-logout", "POST"],
  ["POST", "/billing/entitlement", "GET, HEAD"],
  ["POST", "/openapi.json", "GET, HEAD"],
])("%s of %s is 405 with the methods that are allowed: %s.", async (method, path, allow) => {
  const answer = await server.send(`/api/v1${path}`, { method, headers: { authorization: `Bearer ${user.key}` } });
  expect([answer.status, answer.headers.get("allow")]).toEqual([405, allow]);
  if (method !== "HEAD") expect(errorOf(answer).code).toBe("ENDPOINT_NOT_FOUND");
});

test("Several slashes in front do not matter, since some clients join their base and their path with one too many.", async () => {
  const headers = { authorization: `Bearer ${user.key}` };
  for (const path of ["//api/v1/projects/none/sessions/sizes", "///api/v1/projects/none/sessions/sizes"]) {
    expect(await server.send(path, { headers })).toMatchObject({ status: 200, body: { success: true, data: { sessions: {} } } });
  }
});

test("What belongs to another user is 403 to every route, and not changed.", async () => {
  const other = await server.addUser();
  await createProject(server, user.key, { id: "guarded" });
  const path = `/projects/guarded/sessions/${uuid(5)}`;
  await restClient(server, user.key).put(path, putBody());
  const client = restClient(server, other.key);
  const answers = [
    await client.get("/projects/guarded/sessions"),
    await client.patch("/projects/guarded", { name: "Mine" }),
    await client.delete("/projects/guarded"),
    await client.get(path),
    await client.delete(path),
  ];
  for (const answer of answers)
    expect(errorOf(answer)).toMatchObject({ http: 403, code: "ACCESS_DENIED", details: { projectId: "guarded" } });
  expect((await client.head(path)).status).toBe(403);
  expect((await restClient(server, user.key).get(path)).body.data.session).toMatchObject({ project: { name: "The app" } });
});

/** An answer without what a client itself said, and what differs from answer to answer. */
function withoutIds({ status, headers, body }: Answer, ids: readonly string[]) {
  const told = ids.reduce((text, id) => text.replaceAll(id, "ID"), JSON.stringify(body));
  return { status, names: [...headers.keys()].sort(), body: told.replace(headers.get("x-request-id") ?? "", "REQUEST") };
}

test("With CONCEAL_FORBIDDEN what belongs to another user is answered like what is missing, in status, body and headers.", async () => {
  const concealed = await startTestServer({ CONCEAL_FORBIDDEN: "true" });
  const [owner, other] = [await concealed.addUser(), await concealed.addUser()];
  await restClient(concealed, owner.key).put(`/projects/theirs/sessions/${uuid(1)}`, putBody({ sessionData: "{}", markdown: "wanted" }));
  const client = restClient(concealed, other.key);
  const answersFor = (projectId: string, sessionId: string) =>
    Promise.all([
      client.get(`/projects/${projectId}/sessions/${sessionId}`),
      client.get(`/projects/${projectId}/sessions/${sessionId}`, { "if-none-match": "*" }),
      client.get(`/projects/${projectId}/sessions/${sessionId}`, { accept: "application/vnd.specstory.session-data+json" }),
      client.get(`/projects/${projectId}/sessions/${sessionId}`, { accept: "application/problem+json" }),
      client.head(`/projects/${projectId}/sessions/${sessionId}`),
      client.delete(`/projects/${projectId}/sessions/${sessionId}`),
      client.get(`/projects/${projectId}/sessions`),
      client.get(`/projects/${projectId}/sessions?limit=1`),
      client.get(`/projects/${projectId}/sessions/sizes`),
      client.patch(`/projects/${projectId}`, { name: "Mine" }),
      client.delete(`/projects/${projectId}`),
      client.post("/search/resume", { query: "wanted", projectId }),
    ]);
  const foreign = await answersFor("theirs", uuid(1));
  const missing = await answersFor("nobodys", uuid(2));
  expect(foreign.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404, 404, 404, 200, 404, 404, 200]);
  expect(foreign.map((answer) => withoutIds(answer, ["theirs", uuid(1)]))).toEqual(
    missing.map((answer) => withoutIds(answer, ["nobodys", uuid(2)])),
  );
  expect((await restClient(concealed, owner.key).get("/projects")).body.data.projects).toMatchObject([{ id: "theirs", sessionCount: 1 }]);
  await concealed.close();
});

test("A viewer may read a shared project, and is 403 to every change of it.", async () => {
  const [owner, viewer] = [await server.addUser(), await server.addUser()];
  await createProject(server, owner.key, { id: "read-only" });
  await share(server, owner.key, "read-only", viewer.email, "VIEWER");
  const path = `/projects/read-only/sessions/${uuid(7)}`;
  await restClient(server, owner.key).put(path, putBody());
  const client = restClient(server, viewer.key);
  expect((await client.get(path)).status).toBe(200);
  const denied = [
    await client.put(path, putBody({ name: "Changed" })),
    await client.delete(path),
    await client.patch("/projects/read-only", { name: "Changed" }),
    await client.delete("/projects/read-only"),
  ];
  for (const answer of denied) expect(errorOf(answer)).toMatchObject({ http: 403, code: "ACCESS_DENIED" });
  expect((await client.get(path)).body.data.session).toMatchObject({ name: "A session", project: { name: "The app" } });
});

test("Every plan is pro: sessions can be resumed, and there are no skills.", async () => {
  const { status, body } = await restClient(server, await server.addKey(user, ["sessions:read"])).get("/billing/entitlement");
  expect([status, body.success, body.data.plan]).toEqual([200, true, "pro"]);
  expect(body.data.features).toMatchObject({ resume: true, skills: false });
});
