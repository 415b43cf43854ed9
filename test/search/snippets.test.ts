import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { save, uuid } from "../support/actions.js";
import { search } from "../support/search.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer();
  key = (await server.addUser()).key;
});
afterAll(() => server.close());

/** The snippet that a search in one text shows. */
async function snippetOf(markdown: string, query: string, name = "N"): Promise<string> {
  await save(server, key, { id: uuid(1), name, markdown });
  const { results } = await search(server, key, query);
  expect(results).toHaveLength(1);
  return results[0]?.snippet ?? "";
}

const FILLER = "word ".repeat(2_000);

test("A snippet shows the match on one line, its words in bold, in the case they were written in.", async () => {
  const snippet = await snippetOf(`${FILLER}\n\n# The\tQuick fox\r\n\r\njumps${FILLER}`, "quick FOX");

  expect(snippet).toContain("word # The **Quick** **fox** jumpsword");
  expect(snippet.length).toBeLessThan(400);
  expect(snippet).not.toMatch(/[\r\n\t]/);
});

test("A match is a whole word: it is neither shown nor set in bold within others.", async () => {
  const snippet = await snippetOf(`startle artful ${FILLER} the art of it`, "art");

  expect(snippet).toContain("the **art** of it");
  expect(snippet).not.toContain("start");
});

test("A snippet shows a whole phrase, not one of its words.", async () => {
  const snippet = await snippetOf(`payment ${FILLER} retry ${FILLER} a payment, retry ends`, `"payment retry"`);

  expect(snippet).toContain("a **payment**, **retry** ends");
});

test("Neither excluded words nor operators are set in bold.", async () => {
  expect(await snippetOf("alpha or beta", "alpha or gamma -delta")).toBe("**alpha** or beta");
});

test("Where only the name or a tag matches, the content is shown from its start.", async () => {
  expect(await snippetOf("The beginning of it", "zeppelin", "A zeppelin")).toBe("The beginning of it");
  expect(await snippetOf("", "balloon", "A balloon")).toBe("");
});

test("Characters of four bytes and control characters are shown whole or not at all.", async () => {
  const snippet = await snippetOf(`${"🦕".repeat(500)} tusk \u0000\u0001\u001b[0m ${"🦕".repeat(500)}`, "tusk");

  expect(snippet).toContain("🦕 **tusk** [0m 🦕");
  expect(snippet.isWellFormed()).toBe(true);
  expect(snippet).not.toMatch(/[\p{Cc}\ufffd]/u);
});

test("A match at the very end of what is indexed is shown.", async () => {
  const far = "word ".repeat(199_000);

  expect(await snippetOf(`${far} lighthouse keeper ${far}`, "lighthouse")).toContain("**lighthouse** keeper");
});
