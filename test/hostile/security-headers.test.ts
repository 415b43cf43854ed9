import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { restClient } from "../support/rest.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer();
  key = (await server.addUser()).key;
});
afterAll(() => server.close());

/** The directives of an answer's Content-Security-Policy, by name. */
function policyOf(headers: Headers): Map<string, string> {
  const directives = (headers.get("content-security-policy") ?? "").split("; ");
  return new Map(directives.map((directive) => [directive.split(" ", 1).join(), directive.slice(directive.indexOf(" ") + 1)]));
}

/** The hashes that a browser takes of the inline elements of a page. */
function inlineHashes(element: string, html: string): string[] {
  const contents = [...html.matchAll(new RegExp(`<${element}>(.*?)</${element}>`, "gs"))].map(([, content = ""]) => content);
  return contents.map((content) => `'sha256-${createHash("sha256").update(content).digest("base64")}'`);
}

const PAGES = ["/errors", "/cli-login", "/api/v1/graphql"];
const open = (path: string) => server.send(path, { headers: { accept: "text/html" } });

test.each(PAGES)(
  "The page at %s stands in no frame, is in no other window's hands, and tells no address where one came from.",
  async (path) => {
    const { headers } = await open(path);
    expect(headers.get("content-type")).toMatch(/^text\/html; charset=utf-8$/i);
    expect(policyOf(headers).get("frame-ancestors")).toBe("'none'");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
  },
);

test.each(PAGES)("The page at %s may load nothing from elsewhere and send no form.", async (path) => {
  const policy = policyOf((await open(path)).headers);
  expect(["default-src", "base-uri", "form-action"].map((name) => policy.get(name))).toEqual(["'none'", "'none'", "'none'"]);
  const sources = [...policy.values()].flatMap((value) => value.split(" ")).filter((source) => !source.startsWith("'sha256-"));
  for (const source of sources) expect(["'none'", "'self'", "data:", "blob:", "'unsafe-inline'"]).toContain(source);
});

test.each(PAGES)("The page at %s may run the scripts that stand in it, and no other.", async (path) => {
  const { headers, body } = await open(path);
  const scripts = inlineHashes("script", String(body));
  expect(policyOf(headers).get("script-src")).toBe(scripts.length === 0 ? "'none'" : scripts.join(" "));
});

test("Only the page with an editor may use styles that it does not bring.", async () => {
  for (const path of PAGES) {
    const { headers, body } = await open(path);
    const styles = inlineHashes("style", String(body)).join(" ");
    expect(policyOf(headers).get("style-src")).toBe(path === "/api/v1/graphql" ? "'unsafe-inline'" : styles);
  }
});

test("An answer that is not a page may do nothing in a browser or in a frame, and a browser does not guess its type.", async () => {
  const rest = restClient(server, key);
  const graphql = [
    await server.query(key, "{ __typename }"),
    await server.query(key, "{"),
    await server.query(null, "{ projects { id } }"),
  ];
  const others = [await rest.get("/projects"), await rest.get("/nothing"), await rest.get("/openapi.json"), await server.send("/healthz")];
  for (const { headers } of [...graphql, ...others]) {
    expect(headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  }
});
