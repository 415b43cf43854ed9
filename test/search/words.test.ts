import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { save } from "../support/actions.js";
import { namesFound, UNLIMITED } from "../support/search.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer(UNLIMITED);
  key = (await server.addUser()).key;
});
afterAll(() => server.close());

const TEXTS: [string, string, string[]][] = [
  ["a path", "see src/CHECKOUT_FLOW.swift:42", ["src", "checkout", "flow", "swift", "42", "src/checkout_flow.swift", "CHECKOUT_FLOW", `"flow swift"`]],
  ["a path of Windows", "C:\\Users\\mallory\\notes.txt", ["users", "mallory", "notes", "txt", "C:\\Users\\mallory"]],
  ["an address", "https://docs.quokka.io/guide?page=seven&lang=en#intro", ["quokka", "guide", "seven", "intro", "docs.quokka.io"]],
  ["an e-mail address", "mail wombat@outback.example", ["wombat", "outback", "wombat@outback.example"]],
  ["a model's name", "claude-opus-4-6", ["claude", "opus", "6", "opus-4-6", "claude-opus"]],
  ["an option", "git commit --no-verify", ["verify", "--no-verify", "no-verify"]],
  ["a negative number", "at -273 degrees", ["273"]],
  ["a type with parameters", "Map<Narwhal, List<Ocelot>>", ["narwhal", "ocelot", "list"]],
  ["HTML", `<div class="pangolin">tapir</div>&nbsp;&okapi;`, ["pangolin", "tapir", "okapi", "div"]],
  ["code", "if(kiwi&&!emu||x[rhea]){return~dodo+moa;}", ["kiwi", "emu", "rhea", "dodo", "moa"]],
  ["JSON", `{"lemur":{"indri":null,"aye_aye":1.5e10}}`, ["lemur", "indri", "aye", "null"]],
  ["Markdown", "**bold**ibex _it_ `code`gnu [kudu](eland) ~~oryx~~", ["bold", "ibex", "gnu", "kudu", "eland", "oryx"]],
  ["words beside control characters", "\u0000moth\u0000wasp\u0001bee\u001b[31mant\u001b[0m", ["moth", "wasp", "bee"]],
  ["a byte order mark", "\ufeffweevil first", ["weevil"]],
  ["accented letters, in both of their forms", "cafe\u0301 and naïve ÉTÉ", ["café", "cafe\u0301", "nai\u0308ve", "été"]],
  ["letters of other scripts", "Привет мир, 数据库 and עברית", ["привет", "мир", "数据库", "עברית"]],
  ["typographic signs", "“quoted”—dash…it’s ✅done", ["quoted", "dash", "done", "it’s"]],
  ["lines that end with CRLF", "first\r\nsecondline\r\n", ["first", "secondline"]],
]; // prettier-ignore

test.each(TEXTS)("The words of %s are found by themselves and together.", async (what, markdown, queries) => {
  await save(server, key, { name: what, markdown });
  const missed: string[] = [];
  for (const query of queries) if (!(await namesFound(server, key, query)).includes(what)) missed.push(query);

  expect(missed).toEqual([]);
});

test("The same holds for the words of names and tags.", async () => {
  await save(server, key, { name: "Fix src/aardvark_view.ts", metadata: { tags: ["area/binturong-ui", "caf\u00e9"] } });

  for (const query of ["aardvark", "view", "binturong", "area/binturong-ui", "cafe\u0301"]) {
    expect(await namesFound(server, key, query)).toContain("Fix src/aardvark_view.ts");
  }
});
