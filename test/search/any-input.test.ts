import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { run, save } from "../support/actions.js";
import { UNLIMITED } from "../support/search.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer({ ...UNLIMITED, LOG_LEVEL: "warn" });
  key = (await server.addUser()).key;
  await save(server, key, { name: "One", markdown: "needle in a haystack" });
});
afterAll(() => server.close());

const PUNCTUATION = Array.from({ length: 127 }, (_, index) => String.fromCharCode(index + 1)).filter((sign) => /[^0-9A-Za-z\s]/.test(sign));
const QUERY = `query ($query: String!) { searchSessions(query: $query) { total results { name snippet } } sessions(filters: { searchText: $query }) { name } }`;

/** A search and the same as a filter; both have to be answered. */
async function answersTo(query: string) {
  const { data, errors } = await run(server, key, QUERY, { query });
  expect([query, errors]).toEqual([query, []]);
  expect(data.searchSessions.results).toHaveLength(data.searchSessions.total);
  expect(data.sessions).toHaveLength(data.searchSessions.total);
  return data.searchSessions.total as number;
}

test("Every sign of ASCII alone, doubled, before, after, within and around a word is answered, and the word is found unless the sign excludes it.", async () => {
  const missed: string[] = [];
  for (const sign of PUNCTUATION) {
    await answersTo(sign);
    await answersTo(`${sign}${sign}`);
    for (const query of [`${sign}needle`, `needle${sign}`, `needle${sign}haystack`, `${sign}needle${sign}`, `needle ${sign} haystack`]) {
      const found = await answersTo(query);
      const isPhrase = query.includes("haystack") && !query.includes(" ") && sign !== '"';
      const isExcluded = sign === "-" && query.startsWith("-");
      if (found !== (isPhrase || isExcluded ? 0 : 1)) missed.push(query);
    }
  }

  expect(missed).toEqual([]);
});

const NASTY = [
  "!!", "&", "|", "<->", "<2>", "a <-> b", "!(a & b)", "foo:*", "foo:ABCD", "(", ")", "((((", "a & | b", "''", "'", "\\", "\\\\", "\\'", `"`, `""`, `"""`, `"a`, `a"`, `-"`, `-""`, "--", "-", "- -", "-(a)", "or", "or or", "OR -", "and", "a or or b", "*", "%", "_", "$1", "$$", "${x}", "{}", "[]", "E'\\x00'", "'; DROP TABLE \"Session\"; --", "0x00", "1e999", "-1", "🦕", "🦕🦕 🦕", "\u200b", "\u00ad", "\ufeffa", "\uffff", "é", "e\u0301", "ß İ ı ﬁ", "日本語", "…", "\u0001", "\u0001\u0030", "\t\n\r a", "a".repeat(1_000), "a ".repeat(500).trim(), "-a ".repeat(333), "or ".repeat(333), `"`.repeat(1_000), '"a" '.repeat(250), "🦕".repeat(1_000), "x or ".repeat(200),
]; // prettier-ignore

test.each(NASTY.map((query, index) => ({ query, index })))("The query %# is answered, whatever it means.", async ({ query }) => {
  if (query.startsWith("\ufeff")) expect((await run(server, key, QUERY, { query })).errors[0]?.code).toBe("VALIDATION_ERROR");
  else await answersTo(query);
});

test.each([
  ["nothing in it", ""],
  ["only spaces", " \t\n\u00a0 "],
  ["U+0000", "a\u0000b"],
  ["half a surrogate pair", "a\ud83e"],
  ["1001 characters", "x".repeat(1_001)],
  ["100 KB", "needle ".repeat(15_000)],
])("A query with %s is a VALIDATION_ERROR that names it.", async (_what, query) => {
  const { data, errors } = await run(server, key, `query ($query: String!) { searchSessions(query: $query) { total } }`, { query });

  expect(data).toEqual({ searchSessions: null });
  expect(errors).toMatchObject([{ code: "VALIDATION_ERROR", fields: [{ path: ["query"] }] }]);
});
