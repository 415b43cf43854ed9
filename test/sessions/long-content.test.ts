import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { decodeContent } from "../../src/features/sessions/content-codec.js";
import { read, save, uuid } from "../support/actions.js";
import { PIECE_CHARACTERS as PIECE } from "../../src/platform/long-text.js";
import { longText } from "../support/long-texts.js";
import { askForBytes, putBody, restClient } from "../support/rest.js";
import { startTestServer, type TestServer } from "../support/server.js";

const JSON_TYPE = "application/json";
const MARKDOWN = "text/markdown";
const DATA = "application/vnd.specstory.session-data+json";
const PATH = `/projects/app/sessions/${uuid(1)}`;

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_REST: "100000/1h", OPERATION_TIMEOUT_MS: "120000", MAX_BODY_BYTES: "50000000" });
  key = (await server.addUser()).key;
});
afterAll(() => server.close());

const TEXTS: [string, string][] = [
  ["emoji", longText("🦕")],
  ["emoji that stand one character off", longText("a🦕🦕")],
  ["U+0000", longText("\u0000")],
  ["U+0001 and what its escapes look like", longText("\u0001\u00010\u00012")],
  ["byte order marks", longText("\uFEFF")],
  ["CRLF", longText("\r\n")],
  ["what JSON escapes", longText('"\\\u001b\n')],
  ["characters of four bytes only", longText("🦕", "𝒳").repeat(2)],
];

/** The raw data as it is stored, which no route gives back. */
async function storedRawData(): Promise<string> {
  const text = `SELECT c."rawData" AS "text", -1 AS "index" FROM "SessionContent" c
    UNION ALL SELECT "text", "index" FROM "SessionContentPart" WHERE "content" = 'rawData' ORDER BY "index"`;
  const rows = await server.sql<{ text: string }>({ text, values: [] });
  return rows.map(({ text }) => decodeContent(text)).join("");
}

test.each(TEXTS)("Long content with %s where it is cut comes back byte for byte on every surface.", async (_what, text) => {
  const saved = await save(server, key, { id: uuid(1), markdown: text, rawData: `${text}r`, sessionData: `${text}s` });
  const { session, sessions } = await read(server, key, `{ session(id: "${uuid(1)}") { markdownContent } sessions { markdownContent } }`);
  const types = [JSON_TYPE, MARKDOWN, DATA];
  const [asJson, asMarkdown, asData] = await Promise.all(types.map((accept) => askForBytes(server, key, "GET", PATH, accept)));
  const heads = await Promise.all(types.map((accept) => askForBytes(server, key, "HEAD", PATH, accept)));

  expect([saved.markdownSize, saved.rawDataSize]).toEqual([Buffer.byteLength(text), Buffer.byteLength(text) + 1]);
  expect([session.markdownContent === text, sessions[0].markdownContent === text]).toEqual([true, true]);
  expect(JSON.parse(String(asJson?.bytes)).data.session.markdownContent === text).toBe(true);
  expect(asMarkdown?.bytes.equals(Buffer.from(text))).toBe(true);
  expect(asData?.bytes.equals(Buffer.from(`${text}s`))).toBe(true);
  expect((await storedRawData()) === `${text}r`).toBe(true);
  for (const [index, answer] of [asJson, asMarkdown, asData].entries()) {
    const length = String(answer?.bytes.length);
    expect([answer?.headers.get("content-length"), heads[index]?.headers.get("content-length")]).toEqual([length, length]);
  }
});

/** Where the session's own part of a text ends. */
const END = Math.ceil(1_000_000 / PIECE) * PIECE;

test.each([END - PIECE, END - 1, END, END + 1, END + PIECE])("Content of %d characters comes back whole.", async (length) => {
  const text = "é".repeat(length);
  await save(server, key, { id: uuid(1), markdown: text });

  expect((await read(server, key, `{ session(id: "${uuid(1)}") { markdownContent } }`)).session.markdownContent === text).toBe(true);
});

test("A long answer in JSON is the same, byte for byte, as that of a short session, but for its content and sizes.", async () => {
  const client = restClient(server, key);
  const facts = { name: 'a "quoted" name 🦕', metadata: { tags: ["\\", '"markdownContent":""'] } };
  await client.put(PATH, putBody({ ...facts, markdown: longText("🦕") }));
  const long = (await askForBytes(server, key, "GET", PATH, JSON_TYPE)).bytes.toString();

  const { session } = JSON.parse(long).data;
  expect(JSON.stringify(JSON.parse(long)) === long).toBe(true);
  expect(session.metadata.tags).toEqual(facts.metadata.tags);
  expect(Object.keys(session).slice(-2)).toEqual(["markdownContent", "project"]);
});

test("The etag of long content is that of the same content in any later save, and another content has another.", async () => {
  const text = longText("🦕");
  const [first, second, third] = [
    await save(server, key, { id: uuid(2), markdown: text }),
    await save(server, key, { id: uuid(2), markdown: text }),
    await save(server, key, { id: uuid(2), markdown: `${text}.` }),
  ];

  expect(second.etag).toBe(first.etag);
  expect(third.etag).not.toBe(first.etag);
});

test("Times and models are taken from turns whose headers lie across a cut.", async () => {
  const header = (minute: number) => `\n_**Agent (model-${minute} 2026-03-01 10:0${minute}:00Z)**_\n`;
  const before = "a".repeat(PIECE - 20);
  const markdown = before + header(1) + before + header(2) + before + header(3);
  const { startedAt, endedAt } = await save(server, key, { id: uuid(3), markdown });

  expect([startedAt, endedAt]).toEqual(["2026-03-01T10:01:00.000Z", "2026-03-01T10:03:00.000Z"]);
});
