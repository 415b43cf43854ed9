import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { save } from "../support/actions.js";
import { namesFound, UNLIMITED } from "../support/search.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer(UNLIMITED);
  key = (await server.addUser()).key;
  const texts: [string, string][] = [
    ["a", "The quick brown fox"],
    ["b", "The brown quick fox jumps"],
    ["c", "A lazy dog"],
    ["d", "A quick dog or a cat"],
  ];
  for (const [name, markdown] of texts) await save(server, key, { name, markdown });
});
afterAll(() => server.close());

const CASES: [string, string, string][] = [
  ["all words must occur", "quick fox", "ab"],
  ["in any order", "fox quick", "ab"],
  ["in upper and lower case", "QUICK Fox", "ab"],
  ["a phrase in its order", `"quick brown"`, "a"],
  ["a phrase that occurs nowhere", `"brown dog"`, ""],
  ["a phrase and a word", `"quick brown" fox`, "a"],
  ["a word that is excluded", "quick -fox", "d"],
  ["a phrase that is excluded", `quick -"brown fox"`, "bd"],
  ["only an excluded word", "-quick", "c"],
  ["either word", "lazy or jumps", "bc"],
  ["either, written large", "lazy OR jumps", "bc"],
  ["either phrase", `"quick brown" or "lazy dog"`, "ac"],
  ["the word or in quotes", `"or"`, "d"],
  ["an or without a left side", "or lazy", "c"],
  ["an or without a right side", "lazy or", "c"],
  ["a quote that is not closed", `"quick brown`, "a"],
  ["a quote in a word", `la"zy`, ""],
  ["two minus signs, as options have them", "--quick", "abd"],
  ["a minus within a word", "quick-brown", "a"],
  ["a minus alone", "- quick", "abd"],
  ["words only, no beginnings of them", "qui", ""],
  ["a word that stands nowhere", "quick elephant", ""],
];

test.each(CASES)("A search finds %s: %s", async (_what, query, names) => {
  expect((await namesFound(server, key, query)).sort().join("")).toBe(names);
});
