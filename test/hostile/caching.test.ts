import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { restRoutes } from "../../src/server/rest/routes.js";
import { uuid } from "../support/actions.js";
import { putBody, restClient } from "../support/rest.js";
import { CLIENT, startTestServer, type Answer, type TestServer } from "../support/server.js";

const SESSION = `/projects/app/sessions/${uuid(1)}`;

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_REST: "10000/1h" });
  key = (await server.addUser()).key;
});
afterAll(() => server.close());

/** The project and the session that the routes are asked for; some of them delete it. */
const store = () => restClient(server, key).put(SESSION, putBody({ sessionData: "{}" }));

const listOf = (text: string | null) => (text ?? "").split(",").map((part) => part.trim().toLowerCase());

/** Nobody keeps it; or only its caller does, asks again each time, and tells apart what was accepted and who asked. */
function expectSafeToCache({ headers }: Answer): void {
  const rule = headers.get("cache-control");
  if (rule === "no-store") return;
  expect(rule).toBe("private, no-cache");
  expect(listOf(headers.get("vary"))).toEqual(expect.arrayContaining(["accept", "authorization"]));
}

const ROUTES = restRoutes.flatMap(({ method, path }): [string, string][] => (method === "GET" ? [["GET", path], ["HEAD", path]] : [[method, path]])); // prettier-ignore
const ACCEPTS = ["*/*", "application/problem+json", "text/markdown", "application/vnd.specstory.session-data+json", "image/png"];

test.each(ROUTES)("No cache gives the answer of %s %s to another caller, whatever it is.", async (method, path) => {
  for (const [projectId, accept] of ACCEPTS.flatMap((type) => ["app", "none"].map((id) => [id, type] as const))) {
    await store();
    const address = `/api/v1${path.replace("{projectId}", projectId).replace("{sessionId}", uuid(1))}`;
    const body = method === "GET" || method === "HEAD" || method === "DELETE" ? null : JSON.stringify(putBody({ query: "x" }));
    const headers = { accept, "content-type": "application/json", authorization: `Bearer ${key}` };
    expectSafeToCache(await server.send(address, { method, headers, body }));
    expectSafeToCache(await server.send(address, { method, headers: { ...headers, authorization: "Bearer wrong" }, body }));
  }
});

const PAGE = "text/html";
const GRAPHQL = "/api/v1/graphql";

test.each([
  ["GraphQL", `${GRAPHQL}?query={__typename}`, ["*/*", "application/graphql-response+json"], "accept"],
  ["the rejection of a document", `${GRAPHQL}?query={`, ["*/*", "application/graphql-response+json"], "accept"],
  ["GraphiQL and GraphQL at one address", GRAPHQL, [PAGE, "application/json"], "accept"],
  ["a failure over REST", "/api/v1/nowhere", ["*/*", "application/problem+json"], "accept"],
  ["a session", `/api/v1${SESSION}`, ["*/*", "text/markdown"], "accept"],
] as const)("Each answer of those that differ by Accept says so: %s.", async (_what, path, accepts, expected) => {
  await store();
  const answers = [];
  for (const accept of accepts) answers.push(await server.send(path, { headers: { accept, authorization: `Bearer ${key}` } }));
  const types = answers.map(({ headers }) => headers.get("content-type"));
  expect(new Set(types).size).toBe(2);
  for (const { headers } of answers) expect(listOf(headers.get("vary"))).toContain(expected);
});

test("GraphiQL, which is compressed for who takes that, says so.", async () => {
  const ask = (encoding: string) => server.fetch(new Request(`http://backstory.test${GRAPHQL}`, { headers: { accept: PAGE, "accept-encoding": encoding } }), CLIENT); // prettier-ignore
  const [zipped, plain] = [await ask("gzip"), await ask("identity")];
  expect([zipped.headers.get("content-encoding"), plain.headers.get("content-encoding")]).toEqual(["gzip", null]);
  for (const { headers } of [zipped, plain]) expect(listOf(headers.get("vary"))).toContain("accept-encoding");
});

test("A 304 carries of its headers what the 200 would have carried (RFC 9110, section 15.4.5).", async () => {
  await store();
  for (const accept of ["application/json", "text/markdown"]) {
    const client = restClient(server, key);
    const whole = await client.get(SESSION, { accept });
    const etag = String(whole.headers.get("etag"));
    for (const ask of [client.get, client.head]) {
      const { status, headers } = await ask(SESSION, { accept, "if-none-match": etag });
      expect(status).toBe(304);
      for (const name of ["cache-control", "etag", "vary"]) {
        expect(whole.headers.get(name)).not.toBeNull();
        expect([name, headers.get(name)]).toEqual([name, whole.headers.get(name)]);
      }
    }
  }
});

test("Caches tell apart the sessions of two users at one URL, even at equal versions.", async () => {
  const other = await server.addUser();
  await store();
  await restClient(server, other.key).put(SESSION, putBody({ projectName: "Another app", sessionData: "{}" }));
  const [mine, theirs] = await Promise.all([key, other.key].map((text) => restClient(server, text).get(SESSION)));
  expect(theirs?.headers.get("etag")).toBe(mine?.headers.get("etag"));
  expect(theirs?.body).not.toEqual(mine?.body);
  for (const answer of [mine, theirs]) expect(listOf(answer?.headers.get("vary") ?? null)).toContain("authorization");
});

test.each(["/healthz", "/readyz", "/errors", "/cli-login", "/", "/api/v1/openapi.json", "/api/v1/nowhere"])(
  "What is at %s is true only now, so nobody keeps it.",
  async (path) => {
    expect((await server.send(path)).headers.get("cache-control")).toBe("no-store");
  },
);
