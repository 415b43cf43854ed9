import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_GRAPHQL: "20/1h" });
});
afterAll(() => server.close());

const list = (text: string | null) => (text ?? "").split(",").map((part) => part.trim().toLowerCase());

test("A browser's preflight is allowed from any origin, with the headers that a client sends, without a key.", async () => {
  const { status, headers } = await server.send("/api/v1/graphql", {
    method: "OPTIONS",
    headers: {
      origin: "https://app.example",
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type,x-request-id",
    },
  });
  expect(status).toBe(204);
  expect(headers.get("access-control-allow-origin")).toBe("*");
  expect(list(headers.get("access-control-allow-methods"))).toEqual(expect.arrayContaining(["get", "post"]));
  expect(list(headers.get("access-control-allow-headers"))).toEqual(["authorization", "content-type", "x-request-id"]);
  expect(Number(headers.get("access-control-max-age"))).toBeGreaterThan(0);
  expect(headers.get("access-control-allow-credentials")).toBeNull();
});

test.each([
  ["an answer", "{ __typename }", {}],
  ["a rejection", "{ projects { id } }", {}],
  ["a rejected media type", "{ __typename }", { accept: "image/png" }],
])("A browser may read %s with the headers that clients need.", async (_what, query, headers) => {
  const answer = await server.query(null, query, undefined, { origin: "https://app.example", ...headers });
  expect(answer.headers.get("access-control-allow-origin")).toBe("*");
  expect(list(answer.headers.get("access-control-expose-headers"))).toEqual(
    expect.arrayContaining([
      "x-request-id",
      "www-authenticate",
      "allow",
      "retry-after",
      "x-ratelimit-limit",
      "x-ratelimit-remaining",
      "x-ratelimit-reset",
      "ratelimit",
      "ratelimit-policy",
    ]),
  );
});

test("A browser may read why an address of the API does not exist.", async () => {
  const { status, headers } = await server.send("/api/v1/nowhere", { headers: { origin: "https://app.example" } });
  expect(status).toBe(404);
  expect(headers.get("access-control-allow-origin")).toBe("*");
  expect(headers.get("access-control-expose-headers")).toContain("X-Request-Id");
});

const OUTSIDE = [
  "/",
  "/cli-login",
  "/errors",
  "/healthz",
  "/readyz",
  "/metrics",
  "/nowhere",
  "/api",
  "/api/v1x",
  "/api/v2/graphql",
  "//metrics",
];

test.each(OUTSIDE)("Outside the API, at %s, scripts of other origins may read nothing, and no preflight is granted.", async (path) => {
  for (const method of ["GET", "HEAD", "POST", "DELETE", "OPTIONS"]) {
    const headers = { origin: "https://app.example", "access-control-request-method": "GET", "access-control-request-headers": "accept" };
    const answer = await server.send(path, { method, headers });
    expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
    if (method === "OPTIONS") expect([404, 405]).toContain(answer.status);
  }
});
