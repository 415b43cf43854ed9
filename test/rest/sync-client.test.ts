import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Answer } from "../support/server.js";
import { startBackstory, type Backstory } from "../support/cli.js";

// The conversation of a client that keeps a folder of sessions in step, as SpecStory's command line does: over a real
// socket, signed in with a device code, every upload zipped.

const KEY = "bks_live_a_key_for_the_sync_client";
const PROJECT = "833c-d926-f753-7b4a";
const SESSION = "5d2079d7-1c5b-4f0e-9d51-000000000001";
const SESSION_PATH = `/projects/${PROJECT}/sessions/${SESSION}`;
const SESSION_DATA = '{"schemaVersion":1,"turns":[{"text":"<b>caf\\u00e9</b> \\u0000"}]}';
const MARKDOWN = "# Session\r\n\r\nterminal \u0000\u001b[31mred\u001b[0m, 4 bytes: 😀\n";

let server: Backstory;
let token = "";
beforeAll(async () => {
  server = await startBackstory({ BOOTSTRAP_API_KEY: KEY });
});
afterAll(() => server.stop());

type Init = { method?: string; headers?: Record<string, string>; body?: string | Uint8Array<ArrayBuffer> };

function ask(path: string, { headers, ...init }: Init = {}, bearer = token): Promise<Response> {
  return fetch(`${server.url}/api/v1${path}`, { ...init, headers: { authorization: `Bearer ${bearer}`, ...headers } });
}

function upload(markdown: string, more: object = {}): Promise<Response> {
  const body = { projectId: PROJECT, projectName: "demo", name: "2026-06-02-session", markdown, rawData: '{"type":"user"}\n', ...more };
  const headers = { "content-type": "application/json", "content-encoding": "gzip", accept: "application/json" };
  return ask(SESSION_PATH, { method: "PUT", headers, body: new Uint8Array(gzipSync(JSON.stringify(body))) });
}

async function json(answer: Response | Promise<Response>): Promise<Answer["body"]> {
  return (await answer).json();
}

test("A sync client signs in, compares, uploads, reads back what it uploaded, byte for byte, and cleans up.", async () => {
  const query = JSON.stringify({ query: "mutation { createDeviceCode { code } }" });
  const made = await json(ask("/graphql", { method: "POST", headers: { "content-type": "application/json" }, body: query }, KEY));
  const { code } = made.data.createDeviceCode;
  const login = JSON.stringify({ device_code: code.toLowerCase(), hostname: "laptop", os: "linux", client: "specstory-cli" });
  const signedIn = await fetch(`${server.url}/api/v1/device-login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: login,
  });
  const { refreshToken } = await json(signedIn);
  const refreshed = await ask("/device-refresh", { method: "POST" }, refreshToken);
  token = (await json(refreshed)).accessToken;
  expect(signedIn.status).toBe(200);
  expect(token).toMatch(/^bks_access_\w{43}$/);

  expect(await json(ask(`/projects/${PROJECT}/sessions/sizes`))).toEqual({ success: true, data: { sessions: {} } });
  expect((await ask(SESSION_PATH, { method: "HEAD" })).status).toBe(404);

  const created = await upload(MARKDOWN, {
    sessionData: SESSION_DATA,
    metadata: { clientName: "specstory-cli", agentName: "Claude Code" },
  });
  expect(created.status).toBe(201);
  expect(await created.json()).toEqual({
    success: true,
    data: { sessionId: SESSION, projectId: PROJECT, createdAt: expect.stringMatching(/Z$/) },
  });
  const grown = `${MARKDOWN}more\n`;
  const replaced = await upload(grown);
  expect(replaced.status).toBe(200);
  const etag = replaced.headers.get("etag") ?? "";
  expect(etag).toMatch(/^W\/"/);
  expect(etag).not.toBe(created.headers.get("etag"));

  const bytes = Buffer.byteLength(grown);
  const sizes = { [SESSION]: bytes, [`${SESSION}:sessionData`]: Buffer.byteLength(SESSION_DATA) };
  expect(await json(ask(`/projects/${PROJECT}/sessions/sizes`))).toEqual({ success: true, data: { sessions: sizes } });
  const listed = await json(ask(`/projects/${PROJECT}/sessions`));
  expect(listed.data).toMatchObject({
    total: 1,
    projectId: PROJECT,
    sessions: [{ id: SESSION, clientId: SESSION, markdownSize: bytes, etag }],
  });

  const head = await ask(SESSION_PATH, { method: "HEAD", headers: { accept: "text/markdown" } });
  expect(head.headers.get("x-markdown-size")).toBe(String(bytes));
  expect(head.headers.get("content-length")).toBe(String(bytes));
  expect(await head.text()).toBe("");
  const asJson = await json(ask(SESSION_PATH));
  expect(asJson.data.session.markdownContent).toBe(grown);
  const asMarkdown = await ask(SESSION_PATH, { headers: { accept: "text/markdown" } });
  expect(Buffer.from(await asMarkdown.arrayBuffer())).toEqual(Buffer.from(grown));
  const asData = await ask(SESSION_PATH, { headers: { accept: "application/vnd.specstory.session-data+json" } });
  expect(await asData.text()).toBe(SESSION_DATA);

  const unchanged = await ask(SESSION_PATH, { headers: { "if-none-match": etag } });
  expect(unchanged.status).toBe(304);
  expect(await unchanged.text()).toBe("");

  expect(await json(ask(SESSION_PATH, { method: "DELETE", headers: { "content-type": "application/json" } }))).toEqual({ success: true });
  expect((await ask(SESSION_PATH)).status).toBe(404);
  expect(await json(ask("/device-logout", { method: "POST" }, refreshToken))).toEqual({ success: true });
  expect((await ask("/projects")).status).toBe(401);
});
