import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { read, save, uuid } from "../support/actions.js";
import { namesFound, search } from "../support/search.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer({ MAX_BODY_BYTES: "60000000", DATABASE_TIMEOUT_MS: "60000" });
  key = (await server.addUser()).key;
});
afterAll(() => server.close());

const numbers = (count: number, separator: string) => Array.from({ length: count }, (_, number) => number.toString(36)).join(separator);
const character = (code: number) => String.fromCodePoint(code);

test("A session of 20 MB is stored, comes back byte for byte, and is found by words in its first part.", async () => {
  const line = "The quick brown fox jumps over the lazy dog, says claude-opus-4-6 of src/checkout_flow.ts.\n";
  const markdown = `First narwhal\n${line.repeat(10_800)}last ocelot in the part\n${line.repeat(220_000)}`;
  expect(Buffer.byteLength(markdown)).toBeGreaterThan(20_000_000);
  const saved = await save(server, key, { id: uuid(1), name: "Huge", markdown });
  const { session } = await read(server, key, `{ session(id: "${uuid(1)}") { markdownContent } }`);

  expect(saved.markdownSize).toBe(Buffer.byteLength(markdown));
  expect(session.markdownContent === markdown).toBe(true);
  for (const query of ["narwhal", "ocelot", "huge", `"checkout flow"`]) expect(await namesFound(server, key, query)).toEqual(["Huge"]);
  expect((await search(server, key, "ocelot")).results[0]?.snippet).toContain("last **ocelot** in the part");
});

const ADVERSARIAL: [string, () => string][] = [
  ["a million different short words", () => numbers(1_000_000, " ")],
  ["a million different words joined by hyphens", () => numbers(1_000_000, "-")],
  ["words of characters of four bytes", () => Array.from({ length: 250_000 }, (_, n) => character(0x20000 + (n % 40_000)) + character(0x20000 + Math.floor(n / 7))).join(" ")],
  ["words that grow where they are normalized", () => Array.from({ length: 250_000 }, (_, n) => `\u{1d160}\u{1d160}${character(0x4e00 + (n % 20_000))}`).join(" ")],
  ["one word of two million letters", () => "x".repeat(2_000_000)],
  ["words of two thousand letters", () => Array.from({ length: 500 }, (_, n) => String(n).padEnd(1_990, "y")).join(" ")],
  ["nothing but control characters", () => "\u0000\u0001".repeat(500_000)],
]; // prettier-ignore

test.each(ADVERSARIAL)("A session with %s is stored, and is found by its name, its tag and its first words.", async (what, text) => {
  const { key: own } = await server.addUser();
  await save(server, own, { name: what, markdown: `beginning ${text()}`, metadata: { tags: ["labelled"] } });

  expect(await namesFound(server, own, "beginning")).toEqual([what]);
  expect(await namesFound(server, own, "labelled")).toEqual([what]);
  expect(await namesFound(server, own, `"${what}"`)).toEqual([what]);
});

test("Of a text with too many different words to index, the half, quarter or eighth that fits is.", async () => {
  const { key: own } = await server.addUser();
  const words = numbers(1_000_000, " ");
  await save(server, own, { name: "Many", markdown: `${words.slice(0, 100_000)} reachable ${words.slice(100_000)}` });

  expect(await namesFound(server, own, "reachable")).toEqual(["Many"]);
});
