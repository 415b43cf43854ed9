import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { listen } from "../support/listen.js";
import { exchangeText, say } from "../support/raw-http.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
let url: string;
let key: string;
let stop: () => Promise<unknown>;
beforeAll(async () => {
  server = await startTestServer();
  key = (await server.addUser()).key;
  ({ url, stop } = await listen(server));
});
afterAll(async () => {
  await stop();
  await server.close();
});

const CLOSE = "Connection: close";
const head = (...lines: string[]) => `${[...lines, CLOSE].join("\r\n")}\r\n\r\n`;

/** The answer to a malformed request, after checking that it is the catalogue's, and has its line in the log. */
async function rejectionOf(text: string) {
  server.lines.length = 0;
  const { status, headers, body } = await say(url, text);
  const requestId = headers.get("x-request-id");
  expect(requestId).toMatch(/^\S+$/);
  const { error, errors } = JSON.parse(body);
  const reason = error?.code ?? errors[0].extensions.reason;
  expect(error?.details.requestId ?? errors[0].extensions.requestId).toBe(requestId);
  expect(server.lines.filter((line) => line.msg === "request" && line.requestId === requestId)).toMatchObject([
    { status, errors: [reason] },
  ]);
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  return { status, reason };
}

const HOSTS: Readonly<Record<string, readonly string[]>> = {
  missing: [],
  empty: ["Host:"],
  "of spaces": ["Host:   "],
  "with a space": ["Host: backstory test"],
  "with a user": ["Host: user@backstory.test"],
  "with a user and a password": ["Host: user:password@backstory.test"],
  "with a path": ["Host: backstory.test/path"],
  "with a query": ["Host: backstory.test?x"],
  "with a fragment": ["Host: backstory.test#x"],
  "with a backslash": ["Host: backstory.test\\evil.example"],
  "with a scheme": ["Host: http://backstory.test"],
  "with a port that is too high": ["Host: backstory.test:99999"],
  "with a port of letters": ["Host: backstory.test:http"],
  "with two ports": ["Host: backstory.test:1:2"],
  "with an open bracket": ["Host: [::1"],
  "with an IPv6 address that is none": ["Host: [::g]"],
  "with an IPv4 address that is none": ["Host: 1.2.3.456"],
  "with a percent sign": ["Host: backstory%00.test"],
  "with a quote": ['Host: backstory".test'],
  "with an angle bracket": ["Host: <script>"],
  "with letters beyond ASCII": ["Host: bäckstory.test"],
  "of 10,000 letters": [`Host: ${"a".repeat(10_000)}`],
  "given twice": ["Host: backstory.test", "Host: backstory.test"],
  "given twice, differently": ["Host: backstory.test", "host: evil.example"],
  "named twice in one header": ["Host: backstory.test, evil.example"],
};

describe.each(["/api/v1/graphql?query={__typename}", "/api/v1/projects", "/healthz", "/nowhere"])("At %s,", (path) => {
  test.each(Object.entries(HOSTS))(
    "a host %s is 400 in the catalogue's form, with the id of the request and a line in the log.",
    async (_what, lines) => {
      expect(await rejectionOf(head(`GET ${path} HTTP/1.1`, ...lines))).toEqual({ status: 400, reason: "INVALID_FORMAT" });
      const post = head(
        `POST ${path} HTTP/1.1`,
        ...lines,
        `Authorization: Bearer ${key}`,
        "Content-Type: application/json",
        "Content-Length: 2",
      );
      expect(await rejectionOf(`${post}{}`)).toEqual({ status: 400, reason: "INVALID_FORMAT" });
    },
  );
});

test.each([
  ["Host: backstory.test", "http://backstory.test"],
  ["Host: BACKSTORY.test:4000", "http://backstory.test:4000"],
  ["host:my_service", "http://my_service"],
  ["Host: 127.0.0.1:80", "http://127.0.0.1"],
  ["Host: [::1]:4000", "http://[::1]:4000"],
])("Links begin with a well-formed host: %s.", async (line, origin) => {
  for (const path of ["/api/v1/graphql", "/api/v1/nowhere"]) {
    const lines = [line, "Accept: application/problem+json, application/json;q=0.5", "Content-Type: application/json", "Content-Length: 2"];
    const { body } = await say(url, `${head(`POST ${path} HTTP/1.1`, ...lines)}{}`);
    const { type, errors } = JSON.parse(body);
    expect(type ?? errors[0].extensions.documentationUrl).toContain(`${origin}/errors#`);
  }
});

test("HTTP/1.0 needs no Host header.", async () => {
  expect(await say(url, head("GET /healthz HTTP/1.0"))).toMatchObject({ status: 200, body: '{"status":"alive"}' });
});

const HOST = "Host: backstory.test";

test.each([
  ["an asterisk without OPTIONS", head("GET * HTTP/1.1", HOST), 400, "INVALID_FORMAT"],
  ["an asterisk with OPTIONS", head("OPTIONS * HTTP/1.1", HOST), 404, "ENDPOINT_NOT_FOUND"],
  ["an address of another scheme", head("GET ftp://backstory.test/healthz HTTP/1.1", HOST), 400, "INVALID_FORMAT"],
  ["an address with a user", head("GET http://user@backstory.test/healthz HTTP/1.1", HOST), 400, "INVALID_FORMAT"],
  ["an address without a host", head("GET http:///healthz HTTP/1.1", HOST), 400, "INVALID_FORMAT"],
  ["an address with a port that is too high", head("GET http://backstory.test:99999/healthz HTTP/1.1", HOST), 400, "INVALID_FORMAT"],
  ["a path without a slash", head("GET healthz HTTP/1.1", HOST), 400, "INVALID_FORMAT"],
  ["a backslash", head("GET /api\\v1/graphql HTTP/1.1", HOST), 400, "INVALID_FORMAT"],
  ["a control character", head("GET /\u0001 HTTP/1.1", HOST), 400, "INVALID_FORMAT"],
  ["a space", head("GET /a b HTTP/1.1", HOST), 400, "INVALID_FORMAT"],
  ["a percent sign without digits", head("GET /%zz HTTP/1.1", HOST), 404, "ENDPOINT_NOT_FOUND"],
  ["half a UTF-8 character", head("GET /api/v1/%E0%A4 HTTP/1.1", HOST), 404, "ENDPOINT_NOT_FOUND"],
  ["a NUL", head("GET /%00 HTTP/1.1", HOST), 404, "ENDPOINT_NOT_FOUND"],
  ["many slashes", head("GET ////nowhere HTTP/1.1", HOST), 404, "ENDPOINT_NOT_FOUND"],
  ["another host behind two slashes", head("GET //evil.example/healthz HTTP/1.1", HOST), 404, "ENDPOINT_NOT_FOUND"],
  ["15,000 characters", head(`GET /${"a".repeat(15_000)} HTTP/1.1`, HOST), 404, "ENDPOINT_NOT_FOUND"],
  ["20,000 characters", head(`GET /${"a".repeat(20_000)} HTTP/1.1`, HOST), 431, "INVALID_FORMAT"],
  ["TRACE", head("TRACE /healthz HTTP/1.1", HOST), 405, "ENDPOINT_NOT_FOUND"],
  ["CONNECT", head("CONNECT evil.example:443 HTTP/1.1", "Host: evil.example:443"), 405, "ENDPOINT_NOT_FOUND"],
  ["CONNECT without a host", head("CONNECT evil.example:443 HTTP/1.1"), 400, "INVALID_FORMAT"],
  ["a method of WebDAV", head("PROPFIND /healthz HTTP/1.1", HOST), 405, "ENDPOINT_NOT_FOUND"],
  ["a method that there is not", head("BREW /healthz HTTP/1.1", HOST), 400, "INVALID_FORMAT"],
  ["OPTIONS for a page", head("OPTIONS /healthz HTTP/1.1", HOST), 405, "ENDPOINT_NOT_FOUND"],
  ["an expectation of its own", head("GET /healthz HTTP/1.1", HOST, "Expect: the-unexpected"), 417, "INVALID_FORMAT"],
  ["HTTP/2", head("GET /healthz HTTP/2.0", HOST), 400, "INVALID_FORMAT"],
  ["HTTP/3.9", head("GET /healthz HTTP/3.9", HOST), 400, "INVALID_FORMAT"],
  ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "INVALID_FORMAT"],
  ["a handshake of TLS", "\u0016\u0003\u0001\u0002\u0000\u0001", 400, "INVALID_FORMAT"],
  ["an encoding of the transfer that there is not", head("POST /healthz HTTP/1.1", HOST, "Transfer-Encoding: gzip"), 400, "INVALID_FORMAT"],
  ["a piece whose length is no number", `${head("POST /api/v1/graphql HTTP/1.1", HOST, "Content-Type: application/json", "Transfer-Encoding: chunked")}xyz\r\n`, 400, "INVALID_FORMAT"],
  ["a negative length", head("POST /healthz HTTP/1.1", HOST, "Content-Length: -1"), 400, "INVALID_FORMAT"],
  ["a length without an end", head("POST /healthz HTTP/1.1", HOST, `Content-Length: ${"9".repeat(400)}`), 400, "INVALID_FORMAT"],
])("A request with %s is answered in the catalogue's form, with an id and a line in the log.", async (_what, text, status, reason) => {
  expect(await rejectionOf(text)).toEqual({ status, reason });
}); // prettier-ignore

test("A whole address as the target leads where its path leads, and its host counts more than the Host header.", async () => {
  const { status, body } = await say(url, head("GET http://backstory.test/healthz HTTP/1.1", "Host: other.test"));
  expect({ status, body }).toEqual({ status: 200, body: '{"status":"alive"}' });
  const graphql = head(
    "POST http://backstory.test:4000/api/v1/graphql HTTP/1.1",
    "Host: other.test",
    "Content-Type: application/json",
    "Content-Length: 2",
  );
  expect(JSON.parse((await say(url, `${graphql}{}`)).body).errors[0].extensions.documentationUrl).toBe(
    "http://backstory.test:4000/errors#VALIDATION_ERROR",
  );
  expect((await say(url, head("GET http://backstory.test?x HTTP/1.1", "Host: other.test"))).status).toBe(302);
});

test("A request to change the protocol is answered without changing it.", async () => {
  for (const protocol of ["websocket", "h2c"]) {
    const lines = [HOST, `Upgrade: ${protocol}`, "HTTP2-Settings: AAMAAABkAAQAAP__"];
    expect(await say(url, `${[`GET /healthz HTTP/1.1`, ...lines, "Connection: Upgrade, close"].join("\r\n")}\r\n\r\n`)).toMatchObject({
      status: 200,
    });
  }
});

test("What follows a request and is not HTTP is rejected after the request's own answer, not instead of it.", async () => {
  const body = JSON.stringify({ query: "{ viewer { email } }" });
  const lines = [HOST, `Authorization: Bearer ${key}`, "Content-Type: application/json", `Content-Length: ${body.length}`];
  const heard = await exchangeText(url, `${["POST /api/v1/graphql HTTP/1.1", ...lines].join("\r\n")}\r\n\r\n${body}and more`);
  expect(heard).toMatch(/^HTTP\/1\.1 200 OK[^]*"viewer"[^]*HTTP\/1\.1 400 Bad Request/);
  expect(heard.match(/^HTTP\/1\.1 /gm)).toHaveLength(1); // the second one follows the body of the first one
});
