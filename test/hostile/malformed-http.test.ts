import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startBackstory, type Backstory } from "../support/cli.js";
import { say as sayTo } from "../support/raw-http.js";

const KEY = "bks_live_a_key_for_malformed_http";
const PATH = "/api/v1/graphql";

let server: Backstory;
beforeAll(async () => {
  server = await startBackstory({ BOOTSTRAP_API_KEY: KEY });
});
afterAll(() => server.stop());

const say = (text: string) => sayTo(server.url, text);

const request = (lines: readonly string[], body = "", path = PATH) =>
  `${[`POST ${path} HTTP/1.1`, "Host: backstory.test", `Authorization: Bearer ${KEY}`, "Content-Type: application/json", ...lines].join("\r\n")}\r\n\r\n${body}`;

async function ask(query: string) {
  const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };
  return (await fetch(server.url + PATH, { method: "POST", headers, body: JSON.stringify({ query }) })).json();
}

test.each([
  ["one header of 100,000 bytes", request([`X-Long: ${"x".repeat(100_000)}`])],
  ["five thousand headers", request(Array.from({ length: 5_000 }, (_, index) => `X-${index}: y`))],
  ["an address of 100,000 bytes", request([], "", `${PATH}?query=${"x".repeat(100_000)}`)],
])("%s is 431 with a body of ours, and the server goes on.", async (_what, text) => {
  const { status, headers, body } = await say(text);
  expect(status).toBe(431);
  expect(JSON.parse(body)).toMatchObject({
    success: false,
    status: "failed",
    error: { code: "INVALID_FORMAT", details: { requestId: headers.get("x-request-id") } },
  });
  expect(await ask("{ __typename }")).toEqual({ data: { __typename: "Query" } });
});

test("The answer to what is no HTTP is as safe in a browser and in a cache as any other.", async () => {
  const { status, headers } = await say("GET / SMTP/1.1\r\n\r\n");
  expect(status).toBe(400);
  expect(headers.get("cache-control")).toBe("no-store");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("content-security-policy")).toContain("default-src 'none'");
});

const mutation = JSON.stringify({ query: 'mutation { createProject(input: { id: "smuggled", name: "N" }) { project { id } } }' });
const smuggled = request([`Content-Length: ${mutation.length}`], mutation);

test.each([
  ["has a length and is in pieces too", ["Content-Length: 5", "Transfer-Encoding: chunked"], `0\r\n\r\n${smuggled}`],
  ["has two lengths", ["Content-Length: 2", `Content-Length: ${2 + smuggled.length}`], `{}${smuggled}`],
  ["has a length that is no number", ["Content-Length: +2"], `{}${smuggled}`],
  ["is in pieces by a name that is not quite right", ["Transfer-Encoding: xchunked"], `0\r\n\r\n${smuggled}`],
  ["continues a header on the next line", ["X-A: b", " Transfer-Encoding: chunked", "Content-Length: 2"], `{}${smuggled}`],
  ["has a header without a name", [": x", "Content-Length: 2"], `{}${smuggled}`],
])("A request that %s hides no other request in it.", async (_what, lines, body) => {
  expect((await say(request([...lines, "Connection: close"], body))).status).toBe(400);
  expect(await ask("{ projects { id } }")).toEqual({ data: { projects: [] } });
});
