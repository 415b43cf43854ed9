import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

test("A browser at the GraphQL address gets GraphiQL without a key, and a client gets GraphQL.", async () => {
  const page = await server.send("/api/v1/graphql", { headers: { accept: BROWSER } });
  expect(page.status).toBe(200);
  expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(page.headers.get("vary")).toContain("Accept");
  expect(page.body).toContain("GraphiQL");
  for (const accept of ["*/*", "application/json", "application/json, text/html;q=0.1"]) {
    const { body } = await server.send("/api/v1/graphql?query={__typename}", { headers: { accept } });
    expect(body).toEqual({ data: { __typename: "Query" } });
  }
});

test("GraphiQL is there for a browser with a key that has expired, which is how one is replaced.", async () => {
  const { status } = await server.send("/api/v1/graphql", { headers: { accept: BROWSER, authorization: "Bearer gone" } });
  expect(status).toBe(200);
});

test("HEAD tells of GraphiQL without sending it.", async () => {
  const { status, headers, body } = await server.send("/api/v1/graphql", { method: "HEAD", headers: { accept: BROWSER } });
  expect({ status, type: headers.get("content-type"), body }).toEqual({ status: 200, type: "text/html; charset=utf-8", body: "" });
});

test("The root leads to GraphiQL.", async () => {
  const { status, headers } = await server.send("/");
  expect([status, headers.get("location")]).toEqual([302, "/api/v1/graphql"]);
});

test.each([
  ["/healthz", { status: "alive" }],
  ["/readyz", { status: "ready" }],
])("%s answers while all is well, to GET and HEAD.", async (path, body) => {
  expect(await server.send(path)).toMatchObject({ status: 200, body });
  expect((await server.send(path, { method: "HEAD" })).status).toBe(200);
});

test.each(["/", "/errors", "/healthz", "/readyz"])("%s can only be read: another method is 405 with the ones allowed.", async (path) => {
  const { status, headers, body } = await server.send(path, { method: "POST" });
  expect([status, headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  expect(body).toMatchObject({ success: false, status: "failed", error: { code: "ENDPOINT_NOT_FOUND" } });
});

test.each(["/nowhere", "/api/v1/graphql/", "/api/v1/GRAPHQL", "/api/v2/graphql", "/health", "/api/v1/graphql/health"])(
  "There is nothing at %s, which is 404 with our body.",
  async (path) => {
    const { status, headers, body } = await server.send(path, { headers: { accept: BROWSER } });
    expect(status).toBe(404);
    expect(body).toEqual({
      success: false,
      status: "failed",
      message: `There is nothing at ${path}`,
      error: {
        code: "ENDPOINT_NOT_FOUND",
        message: `There is nothing at ${path}`,
        details: { requestId: headers.get("x-request-id") },
      },
    });
  },
);

test("No answer lets a browser guess its type.", async () => {
  const answers = await Promise.all(["/errors", "/nowhere", "/healthz"].map((path) => server.send(path)));
  expect(answers.map(({ headers }) => headers.get("x-content-type-options"))).toEqual(["nosniff", "nosniff", "nosniff"]);
});
