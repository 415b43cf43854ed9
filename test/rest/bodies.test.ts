import { once } from "node:events";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { uuid } from "../support/actions.js";
import { listen } from "../support/listen.js";
import { putBody, restClient } from "../support/rest.js";
import { startTestServer, type Answer, type TestServer } from "../support/server.js";

const UPLOAD = 4_000;
const UNZIPPED = 50_000;
const PATH = `/projects/app/sessions/${uuid(1)}`;
const JSON_TYPE = { "content-type": "application/json" };

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer({ MAX_UPLOAD_BYTES: String(UPLOAD), MAX_UNZIPPED_BYTES: String(UNZIPPED) });
  key = (await server.addUser()).key;
});
afterAll(() => server.close());

type Body = string | Uint8Array<ArrayBuffer> | ReadableStream | null;

/** A PUT with a body as it is: of itself it has no Content-Type. */
function put(body: Body, headers: Record<string, string> = JSON_TYPE, path = PATH): Promise<Answer> {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const init = { method: "PUT", headers: { authorization: `Bearer ${key}`, ...headers }, body: bytes, duplex: "half" };
  return server.send(`/api/v1${path}`, init);
}

const zip = (content: string | Uint8Array) => new Uint8Array(gzipSync(content));
const whole = JSON.stringify(putBody());

/** Puts a body that is rejected, checks that nothing was stored, and returns the error. */
async function rejected(body: Body, headers?: Record<string, string>) {
  const answer = await put(body, headers);
  const listed = await restClient(server, key).get("/projects");
  expect(listed.body.data).toEqual({ projects: [], total: 0 });
  expect(answer.body).toMatchObject({ success: false, status: "failed" });
  const { code, message, details } = answer.body.error;
  expect(answer.body.message).toBe(message);
  return { http: answer.status, code, message, details, headers: answer.headers };
}

test.each([
  ["broken off", "{"],
  ["with a comma too many", `${whole.slice(0, -1)},}`],
  ["two values", `${whole}${whole}`],
  ["a form", "projectName=x&name=y"],
  ["U+0000", "\u0000"],
  ["thousands of brackets", "[".repeat(3_900)],
])("A body that is no JSON is INVALID_FORMAT: %s.", async (_what, body) => {
  expect(await rejected(body)).toMatchObject({ http: 400, code: "INVALID_FORMAT", message: "The body is not valid JSON" });
});

test.each([
  ["none at all", null],
  ["of no bytes", ""],
  ["of spaces", " \r\n\t"],
])("An empty body is INVALID_FORMAT: %s.", async (_what, body) => {
  const message = "The body is empty; send a JSON object";
  expect(await rejected(body)).toMatchObject({ http: 400, code: "INVALID_FORMAT", message });
});

test.each(["[]", '"x"', "null", "1", "true", `[${whole}]`])("JSON that is no object is INVALID_FORMAT: %s.", async (body) => {
  const { http, code, message, details } = await rejected(body);
  expect([http, code]).toEqual([400, "INVALID_FORMAT"]);
  expect(message).toMatch(/^\w.*object/);
  expect(details.fields).toEqual([{ path: [], reason: "INVALID_FORMAT", message }]);
});

test.each<Record<string, string>>([{}, { "content-type": "" }])("A body without a Content-Type is INVALID_FORMAT: %j.", async (headers) => {
  const { http, code, message } = await rejected(whole, headers);
  expect([http, code]).toEqual([400, "INVALID_FORMAT"]);
  expect(message).toContain("Content-Type header is missing");
});

test.each([
  "text/plain",
  "application/x-www-form-urlencoded",
  "application/octet-stream",
  "application/jsonp",
  "application/json; charset=latin1",
  "application/json; charset=utf-16",
])("A body of the type %s is rejected with 415.", async (type) => {
  expect(await rejected(whole, { "content-type": type })).toMatchObject({ http: 415, code: "INVALID_FORMAT" });
});

test.each([
  ["bytes that no UTF-8 has", [0xff, 0xfe]],
  ["half of a surrogate pair", [0xed, 0xa0, 0x80]],
  ["a character that breaks off", [0xe2, 0x82]],
])("A body that is no UTF-8 is INVALID_FORMAT: %s.", async (_what, bytes) => {
  const [before = "", after = ""] = whole.split("Hello");
  const body = new Uint8Array(Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]));
  expect(await rejected(body)).toMatchObject({ http: 400, code: "INVALID_FORMAT", message: "The body is not valid UTF-8" });
});

test("Half of a surrogate pair in an escape is INVALID_PARAMETER, since no UTF-8 could give it back.", async () => {
  const { http, code, details } = await rejected(whole.replace("Hello", "\\ud83d"));
  expect([http, code, details.fields[0].path]).toEqual([400, "INVALID_PARAMETER", ["markdown"]]);
});

test.each([
  ["cut off", zip(whole).slice(0, -10)],
  ["of its head alone", zip(whole).slice(0, 10)],
  ["damaged", zip(whole).map((byte, index) => (index === 20 ? byte ^ 0xff : byte))],
  ["text that was never zipped", new TextEncoder().encode(whole)],
])("A body that is declared as gzip but is not gzip is INVALID_FORMAT: %s.", async (_what, body) => {
  const message = "The body is not valid gzip, or was cut off";
  expect(await rejected(body, { ...JSON_TYPE, "content-encoding": "gzip" })).toMatchObject({ http: 400, code: "INVALID_FORMAT", message });
});

test("A zipped body of nothing, or of what is no JSON, is INVALID_FORMAT.", async () => {
  const headers = { ...JSON_TYPE, "content-encoding": "gzip" };
  for (const body of [new Uint8Array(), zip(""), zip("{"), zip(new Uint8Array([0x22, 0xff, 0x22]))]) {
    expect(await rejected(body, headers)).toMatchObject({ http: 400, code: "INVALID_FORMAT" });
  }
});

test.each(["br", "deflate", "zstd", "gzip, gzip", "gzip, br", "aes128gcm"])(
  "A body in the encoding %s is rejected with 415 and the encodings that are taken.",
  async (encoding) => {
    const { http, code, headers } = await rejected(zip(whole), { ...JSON_TYPE, "content-encoding": encoding });
    expect([http, code, headers.get("accept-encoding")]).toEqual([415, "INVALID_FORMAT", "gzip, identity"]);
  },
);

const tooMany = (limit: number, setting: string) => ({ http: 413, code: "INVALID_PARAMETER", details: { limit, exceeded: setting } });

test("A body that is declared to be over MAX_UPLOAD_BYTES is rejected with 413 before it is read.", async () => {
  let pulls = 0;
  const body = new ReadableStream({ pull: () => void (pulls += 1) }, { highWaterMark: 0 });
  const headers = { ...JSON_TYPE, "content-length": String(UPLOAD + 1) };
  expect(await rejected(body, headers)).toMatchObject(tooMany(UPLOAD, "MAX_UPLOAD_BYTES"));
  expect(pulls).toBe(0);
});

test.each<Record<string, string>>([{}, { "content-encoding": "gzip" }])(
  "A body in pieces is read no further than MAX_UPLOAD_BYTES: %j.",
  async (encoding) => {
    let pieces = 0;
    const body = new ReadableStream({
      pull(controller) {
        pieces += 1;
        controller.enqueue(new Uint8Array(1_000));
        if (pieces === 1_000) controller.close();
      },
    });
    expect(await rejected(body, { ...JSON_TYPE, ...encoding })).toMatchObject(tooMany(UPLOAD, "MAX_UPLOAD_BYTES"));
    expect(pieces).toBeLessThan(10);
  },
);

test("A gzip bomb is rejected with 413 that names MAX_UNZIPPED_BYTES.", async () => {
  const bomb = zip(JSON.stringify(putBody({ markdown: "x".repeat(2_000_000) })));
  expect(bomb.byteLength).toBeLessThan(UPLOAD);
  const rejection = await rejected(bomb, { ...JSON_TYPE, "content-encoding": "gzip" });
  expect(rejection).toMatchObject(tooMany(UNZIPPED, "MAX_UNZIPPED_BYTES"));
});

/** Sends one text over a new socket and then nothing more. Returns what the server answered, if anything. */
async function say(url: string, lines: readonly string[], body: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let heard = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (heard += chunk));
  socket.on("error", () => undefined);
  const head = [`PUT /api/v1${PATH} HTTP/1.1`, `Host: ${hostname}`, `Authorization: Bearer ${key}`, ...lines];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
  await once(socket, "close");
  return heard;
}

test.each([
  ["cut off before its declared length", ["Content-Length: 1000"], whole.slice(0, 10)],
  ["whole JSON that is shorter than declared", ["Content-Length: 1000"], whole],
  ["longer than declared", ["Content-Length: 10", "Connection: close"], whole],
  ["cut off between two pieces", ["Transfer-Encoding: chunked"], `${whole.length.toString(16)}\r\n${whole}\r\n`],
])("Of a body that is %s nothing is stored, and the server goes on.", async (_what, lines, body) => {
  const { url, stop } = await listen(server);
  const heard = await say(url, ["Content-Type: application/json", ...lines], body);
  expect(heard).toMatch(/^(HTTP\/1\.1 400 |$)/);
  expect((await restClient(server, key).get("/projects")).body.data).toEqual({ projects: [], total: 0 });
  const authorization = `Bearer ${key}`;
  expect((await fetch(new URL("/api/v1/billing/entitlement", url), { headers: { authorization } })).status).toBe(200);
  await stop();
});

test("A Content-Type without a body is no mistake where none is needed.", async () => {
  const client = restClient(server, key);
  expect((await client.get("/projects", JSON_TYPE)).status).toBe(200);
  await put(whole);
  expect((await client.get(PATH, JSON_TYPE)).status).toBe(200);
  expect((await client.head(PATH, JSON_TYPE)).status).toBe(200);
  expect(await client.delete(PATH, JSON_TYPE)).toMatchObject({ status: 200, body: { success: true } });
  expect((await client.delete("/projects/app", JSON_TYPE)).status).toBe(200);
});

test("A zipped body is stored as the same body unzipped, byte for byte, up to the very limits.", async () => {
  const markdown = "# Session\r\n\u0000\u001b[31m é 😀 \ufeff\n";
  const frame = JSON.stringify(putBody({ markdown, rawData: "" }));
  const body = JSON.stringify(putBody({ markdown, rawData: "x".repeat(UNZIPPED - Buffer.byteLength(frame)) }));
  expect(Buffer.byteLength(body)).toBe(UNZIPPED);
  for (const encoding of ["gzip", "x-gzip", "GZIP"]) {
    const stored = await put(zip(body), { ...JSON_TYPE, "content-encoding": encoding });
    expect([200, 201]).toContain(stored.status);
    const { body: read, headers } = await restClient(server, key).get(PATH);
    expect(read.data.session.markdownContent).toBe(markdown);
    expect(headers.get("x-raw-data-size")).toBe(String(UNZIPPED - Buffer.byteLength(frame)));
  }
  const sent = frame.replace('"rawData":""', `"rawData":"${"y".repeat(UPLOAD - Buffer.byteLength(frame))}"`);
  const identity = await put(sent, { ...JSON_TYPE, "content-encoding": "identity", "content-length": String(UPLOAD) });
  expect(identity.status).toBe(200);
});
