import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { decodeContent } from "../../src/features/sessions/content-codec.js";
import { mutate, read, save, uuid } from "../support/actions.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer();
  key = (await server.addUser()).key;
});
afterAll(() => server.close());

const everyControl = Array.from({ length: 160 }, (_, code) => String.fromCharCode(code)).join("");
const TEXTS: [string, string][] = [
  ["nothing", ""],
  ["U+0000", "a\u0000b\u0000\u0000"],
  ["U+0001", "\u0001a\u00010\u00011\u0001\u00010"],
  ["U+0000 and U+0001 side by side", "\u0000\u00010\u0001\u0000"],
  ["every control character", everyControl],
  ["CRLF, CR and LF", "a\r\nb\rc\n\r\n"],
  ["characters of four bytes", "🦕𝒳𠀀\u{10ffff}"],
  ["a byte order mark", "\ufeffa\ufeff"],
  ["characters that are not for exchange", "\uffff\ufffe\ufdd0\u2028\u2029\u200b"],
  ["accents apart from their letters", "e\u0301 é"],
  ["backslashes and quotes", `\\x00 \\u0000 \\\\ ' '' " $1 ? %s {}`],
  ["spaces at the ends", "  \t text \u00a0 \n"],
];

test.each(TEXTS)("Content with %s comes back byte for byte, and its size is that of its bytes in UTF-8.", async (_what, text) => {
  const saved = await save(server, key, { id: uuid(1), markdown: text, rawData: `${text}r`, sessionData: `${text}s` });
  const { session } = await read(server, key, `{ session(id: "${uuid(1)}") { markdownContent } }`);
  const row = await server.prisma.session.findFirstOrThrow({ include: { content: true } });

  expect(session.markdownContent).toBe(text);
  expect(decodeContent(row.content?.rawData ?? "")).toBe(`${text}r`);
  expect(decodeContent(row.content?.sessionData ?? "")).toBe(`${text}s`);
  expect([saved.markdownSize, saved.rawDataSize, row.sessionDataSize]).toEqual([0, 1, 1].map((more) => Buffer.byteLength(text) + more));
});

test.each(["markdown", "rawData", "sessionData"])("Half a surrogate pair in %s has no bytes and is a VALIDATION_ERROR.", async (field) => {
  for (const half of ["a\ud83e", "\udd95a", "\udd95\ud83e"]) {
    const { payload, errors } = await mutate(
      server,
      key,
      "saveSession",
      { projectId: "app", name: "X", markdown: "", [field]: half },
      "created",
    );
    expect(payload).toBeNull();
    expect(errors).toMatchObject([{ code: "VALIDATION_ERROR", fields: [{ path: ["input", field] }] }]);
  }
});
