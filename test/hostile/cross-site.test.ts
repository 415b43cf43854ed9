import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createProject, read } from "../support/actions.js";
import { rejectionOf } from "../support/rejection.js";
import { failureOf, restClient } from "../support/rest.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_AUTH_FAILURES: "1000/1m" });
  key = (await server.addUser()).key;
});
afterAll(() => server.close());

type Send = (path: string, json: string) => RequestInit;
const boundary = "----x";
const part = (name: string, value: string) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;

/** The bodies that a page elsewhere can send without asking first (Fetch, section 3.2: CORS-safelisted content types). */
const SIMPLE: [string, Send][] = [
  ["as plain text", (_path, json) => ({ headers: { "content-type": "text/plain" }, body: json })],
  ["as plain text that names JSON too", (_path, json) => ({ headers: { "content-type": "text/plain; a=application/json" }, body: json })],
  ["as a form whose one name is JSON", (_path, json) => ({ headers: { "content-type": "application/x-www-form-urlencoded" }, body: json })],
  ["as the fields of a form", (_path, json) => ({ headers: { "content-type": "application/x-www-form-urlencoded" }, body: new URLSearchParams(JSON.parse(json) as Record<string, string>).toString() })],
  ["as an upload (GraphQL multipart requests)", (_path, json) => ({ headers: { "content-type": `multipart/form-data; boundary=${boundary}` }, body: `${part("operations", json)}${part("map", "{}")}--${boundary}--` })],
]; // prettier-ignore

/** A page elsewhere has no key to send; with one it is seen that the body alone decides. */
const fromElsewhere = (init: RequestInit, more: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  ...init,
  headers: { ...(init.headers as Record<string, string>), origin: "https://evil.example", "sec-fetch-site": "cross-site", ...more },
});

test.each(SIMPLE)("A mutation that comes %s is rejected with 415, with and without a key, and changes nothing.", async (_how, simple) => {
  const json = JSON.stringify({ query: 'mutation { createProject(input: { id: "forged", name: "N" }) { project { id } } }' });
  for (const more of [{}, { authorization: `Bearer ${key}` }] as Record<string, string>[]) {
    const answer = await server.send("/api/v1/graphql", fromElsewhere(simple("/api/v1/graphql", json), more));
    expect(rejectionOf(answer)).toMatchObject({ http: 415, reason: "INVALID_FORMAT" });
  }
  expect(await server.prisma.project.count({ where: { id: "forged" } })).toBe(0);
});

test.each(SIMPLE)("A device code that comes %s is rejected with 415, and can still be used.", async (_how, simple) => {
  const { code } = (await read(server, key, "mutation { createDeviceCode { code } }")).createDeviceCode;
  const json = JSON.stringify({ device_code: code });
  const answer = await server.send("/api/v1/device-login", fromElsewhere(simple("/api/v1/device-login", json)));
  expect(failureOf(answer)).toMatchObject({ http: 415, code: "INVALID_FORMAT" });
  expect((await restClient(server, null).post("/device-login", { device_code: code })).status).toBe(200);
});

test.each(SIMPLE)("A search that comes %s is rejected with 415.", async (_how, simple) => {
  const init = fromElsewhere(simple("/api/v1/search/resume", '{"query":"x"}'), { authorization: `Bearer ${key}` });
  expect(failureOf(await server.send("/api/v1/search/resume", init))).toMatchObject({ http: 415, code: "INVALID_FORMAT" });
});

test("A mutation in an address is rejected, whichever of several operations is named.", async () => {
  const document = 'query A { __typename } mutation B { createProject(input: { id: "forged", name: "N" }) { project { id } } }';
  const search = new URLSearchParams({ query: document, operationName: "B" });
  const { status } = await server.send(`/api/v1/graphql?${search.toString()}`, { headers: { authorization: `Bearer ${key}` } });
  expect(status).toBe(405);
  expect(await server.prisma.project.count({ where: { id: "forged" } })).toBe(0);
});

test("No header, field or parameter makes one method into another.", async () => {
  await createProject(server, key, { id: "kept" });
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const override = { "x-http-method-override": "DELETE", "x-http-method": "DELETE", "x-method-override": "DELETE" };
  const path = "/api/v1/projects/kept?_method=DELETE";
  const post = await server.send(path, { method: "POST", headers: { ...headers, ...override }, body: '{"_method":"DELETE"}' });
  const get = await server.send(path, { headers: { ...headers, ...override } });
  expect([post.status, get.status]).toEqual([405, 405]);
  expect(await server.prisma.project.count({ where: { id: "kept" } })).toBe(1);
});

test("No key is taken from a cookie or an address, which a browser would send along, and no answer sets a cookie.", async () => {
  const query = new URLSearchParams({ query: "{ viewer { email } }", access_token: key, authorization: `Bearer ${key}`, key });
  const cookie = `authorization=Bearer ${key}; access_token=${key}; session=${key}`;
  const graphql = await server.send(`/api/v1/graphql?${query.toString()}`, { headers: { cookie } });
  const rest = await server.send(`/api/v1/projects?access_token=${key}`, { headers: { cookie } });
  expect([rejectionOf(graphql).reason, failureOf(rest).code]).toEqual(["MISSING_TOKEN", "MISSING_TOKEN"]);
  for (const { headers } of [graphql, rest]) expect(headers.get("set-cookie")).toBeNull();
});
