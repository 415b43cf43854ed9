import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { uuid } from "../support/actions.js";
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
const PROBLEM = "application/problem+json";

/** The error of a rejection in the structured form, which is checked to be whole and to have nothing else. */
function errorOf({ status, headers, body }: Answer) {
  const { code, message, details } = body.error;
  expect(headers.get("content-type")).toBe("application/json");
  expect(body).toEqual({ success: false, status: "failed", message, error: { code, message, details } });
  expect(details.requestId).toBe(headers.get("x-request-id"));
  return { http: status, code, message, details };
}

test("A failure has one structured form, whose code is the catalogue's reason.", async () => {
  const { status, headers, body } = await restClient(server, user.key).get("/projects/invalid-id/sessions");
  expect(status).toBe(404);
  expect(headers.get("content-type")).toBe("application/json");
  expect(headers.get("cache-control")).toBe("no-store");
  expect(body).toEqual({
    success: false,
    status: "failed",
    message: "Project not found",
    error: {
      code: "RESOURCE_NOT_FOUND",
      message: "Project not found",
      details: { projectId: "invalid-id", requestId: headers.get("x-request-id") },
    },
  });
});

test("Every bad value of a request is named at once, in its path, its query and its body.", async () => {
  const client = restClient(server, user.key);
  const { http, code, details } = errorOf(await client.put("/projects/app/sessions/no-uuid", { projectName: 1, name: "N", rawData: null }));
  expect([http, code]).toEqual([400, "INVALID_PARAMETER"]);
  expect(details.fields).toEqual([
    { path: ["sessionId"], reason: "INVALID_PARAMETER", message: "sessionId: must be a UUID" },
    { path: ["projectName"], reason: "INVALID_FORMAT", message: "projectName: must be text" },
    { path: ["markdown"], reason: "MISSING_REQUIRED_FIELD", message: "markdown is required" },
    { path: ["rawData"], reason: "INVALID_FORMAT", message: "rawData: must be text" },
  ]);
  const listed = errorOf(await client.get("/projects/app/sessions?limit=abc&resumable=perhaps&cursor=x"));
  expect(listed.details.fields.map(({ path }: { path: string[] }) => path.join()).sort()).toEqual(["cursor", "limit", "resumable"]);
});

test.each([
  ["a project id that the path does not have", putBody({ projectId: "other" }), ["projectId"]],
  ["an end before the start", putBody({ startedAt: "2026-02-01T00:00:00Z", endedAt: "2026-01-01T00:00:00Z" }), ["startedAt"]],
])("What is well-formed but senseless is 422: %s.", async (_what, body, path) => {
  const { http, code, details } = errorOf(await restClient(server, user.key).put(SESSION, body));
  expect([http, code]).toEqual([422, "INVALID_PARAMETER"]);
  expect(details.fields).toMatchObject([{ path, reason: "INVALID_PARAMETER" }]);
});

test("A session id that is used in another project of the same owner is 409, and naming no change to a project is 400.", async () => {
  const client = restClient(server, user.key);
  expect((await client.put(`/projects/first/sessions/${uuid(9)}`, putBody())).status).toBe(201);
  const conflict = errorOf(await client.put(`/projects/second/sessions/${uuid(9)}`, putBody()));
  expect(conflict).toMatchObject({ http: 409, code: "RESOURCE_CONFLICT", details: { projectId: "second", sessionId: uuid(9) } });
  expect(errorOf(await client.patch("/projects/first", {}))).toMatchObject({ http: 400, code: "MISSING_REQUIRED_FIELD" });
});

test("With REST_ERRORS=plain the error is its message, and code and details stand beside it.", async () => {
  const plain = await startTestServer({ REST_ERRORS: "plain" });
  const { key } = await plain.addUser();
  const { status, headers, body } = await restClient(plain, key).get("/projects/invalid-id/sessions");
  expect(status).toBe(404);
  expect(body).toEqual({
    success: false,
    status: "failed",
    message: "Project not found",
    error: "Project not found",
    code: "RESOURCE_NOT_FOUND",
    details: { projectId: "invalid-id", requestId: headers.get("x-request-id") },
  });
  const unknown = await plain.send("/nowhere");
  expect(unknown.body).toMatchObject({ error: "There is nothing at /nowhere", code: "ENDPOINT_NOT_FOUND" });
  await plain.close();
});

test("A client that prefers problem details gets the same facts in the form of RFC 9457.", async () => {
  const client = restClient(server, user.key);
  const { status, headers, body } = await client.put("/projects/app/sessions/no-uuid", putBody({ name: 7 }), { accept: PROBLEM });
  expect([status, headers.get("content-type")]).toEqual([400, PROBLEM]);
  expect(headers.get("vary")).toContain("Accept");
  expect(body).toEqual({
    type: "http://backstory.test/errors#INVALID_PARAMETER",
    title: "A value is not allowed",
    status: 400,
    detail: "sessionId: must be a UUID (and 1 more)",
    code: "INVALID_PARAMETER",
    requestId: headers.get("x-request-id"),
    fields: [
      { path: ["sessionId"], reason: "INVALID_PARAMETER", message: "sessionId: must be a UUID" },
      { path: ["name"], reason: "INVALID_FORMAT", message: "name: must be text" },
    ],
  });
  expect((await server.send("/errors")).body).toContain('id="INVALID_PARAMETER"');
});

test.each([
  ["application/json, application/problem+json;q=0.5", "application/json"],
  ["application/problem+json, application/json;q=0.9", PROBLEM],
  ["text/markdown", "application/json"],
  ["application/*", "application/json"],
])("To %s a failure is answered in %s.", async (accept, type) => {
  const { status, headers } = await restClient(server, user.key).get(SESSION, { accept });
  expect([status, headers.get("content-type")]).toEqual([404, type]);
});

test("A client that prefers problem details still gets success as JSON.", async () => {
  const { status, headers, body } = await restClient(server, user.key).get("/projects/none/sessions/sizes", { accept: PROBLEM });
  expect([status, headers.get("content-type"), body]).toEqual([200, "application/json", { success: true, data: { sessions: {} } }]);
});

test.each<Record<string, string>>([{}, { accept: PROBLEM }])(
  "The client's own X-Request-Id stands in the header and in the body: %j.",
  async (headers) => {
    const sent = { ...headers, "x-request-id": "trace:1/a+b=c" };
    const answer = await restClient(server, user.key).get("/projects/none/sessions", sent);
    expect(answer.headers.get("x-request-id")).toBe("trace:1/a+b=c");
    expect((answer.body.error?.details ?? answer.body).requestId).toBe("trace:1/a+b=c");
    expect((await restClient(server, user.key).get("/projects", sent)).headers.get("x-request-id")).toBe("trace:1/a+b=c");
  },
);

test("Without its database the server is 503 with the reason, and says so in its log.", async () => {
  const lost = await startTestServer();
  const { key } = await lost.addUser();
  await lost.loseDatabase();
  const client = restClient(lost, key);
  const answers = [
    await client.get("/projects"),
    await client.put(SESSION, putBody()),
    await restClient(lost, null).post("/device-login", { device_code: "ABCDEF" }),
  ];
  for (const answer of answers) {
    const { http, code, message } = errorOf(answer);
    expect([http, code, message]).toEqual([503, "UPSTREAM_UNAVAILABLE", "The service is temporarily unavailable"]);
  }
  const logged = lost.takeLog().filter(({ msg }) => msg === "upstream failure");
  expect(logged.map(({ requestId }) => requestId)).toEqual(answers.map(({ headers }) => headers.get("x-request-id")));
  await lost.close();
});

test("Without a database what needs none is answered still.", async () => {
  const lost = await startTestServer();
  await lost.loseDatabase();
  expect((await lost.send("/api/v1/openapi.json")).status).toBe(200);
  expect(errorOf(await restClient(lost, null).get("/projects"))).toMatchObject({ http: 401, code: "MISSING_TOKEN" });
  expect(errorOf(await restClient(lost, null).get("/nothing")).http).toBe(404);
  await lost.close();
});

const list = (text: string | null) => (text ?? "").split(",").map((part) => part.trim().toLowerCase());

test.each(["GET", "PUT", "PATCH", "DELETE", "POST", "HEAD"])("A browser may send %s with a key from any page.", async (method) => {
  const { status, headers } = await server.send(`/api/v1${SESSION}`, {
    method: "OPTIONS",
    headers: {
      origin: "https://app.example",
      "access-control-request-method": method,
      "access-control-request-headers": "authorization,content-encoding,content-type,if-none-match",
    },
  });
  expect([status, headers.get("access-control-allow-origin")]).toEqual([204, "*"]);
  expect(headers.get("x-request-id")).not.toBeNull();
  expect(list(headers.get("access-control-allow-methods"))).toContain(method.toLowerCase());
  expect(list(headers.get("access-control-allow-headers"))).toEqual(["authorization", "content-encoding", "content-type", "if-none-match"]);
});

test("A browser may read every header that clients need, of answers and of rejections.", async () => {
  const named = ["etag", "last-modified", "content-length", "x-markdown-size", "x-raw-data-size", "x-session-data-size", "x-request-id"];
  const limits = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "ratelimit", "ratelimit-policy", "retry-after"];
  const client = restClient(server, user.key);
  for (const path of ["/projects", SESSION, "/nothing"]) {
    const { headers } = await client.get(path, { origin: "https://app.example" });
    expect(headers.get("access-control-allow-origin")).toBe("*");
    expect(list(headers.get("access-control-expose-headers"))).toEqual(
      expect.arrayContaining([...named, ...limits, "www-authenticate", "allow"]),
    );
  }
});
