import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { mutate, save } from "../support/actions.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer();
  key = (await server.addUser()).key;
});
afterAll(() => server.close());

const WORDS = ["clientName", "clientVersion", "agentName", "deviceId", "machineName"];
const LISTS = ["gitBranches", "llmModels", "tags"];
const store = (metadata: object) => mutate(server, key, "saveSession", { projectId: "app", name: "X", markdown: "", metadata }, "created");
const pathsOf = (errors: readonly { readonly [fact: string]: unknown }[]) =>
  ((errors[0]?.fields ?? []) as { path: string[] }[]).map(({ path }) => path.slice(2).join("."));

test("Every text of the metadata may have 255 characters, the title 1000, and each list 100 entries of 255.", async () => {
  const longest = "🦕".repeat(255);
  const list = Array.from({ length: 100 }, (_, index) => `${index}-`.padEnd(255, "ü"));
  const metadata = {
    ...Object.fromEntries(WORDS.map((name) => [name, longest])),
    title: "t".repeat(1_000),
    ...Object.fromEntries(LISTS.map((name) => [name, list])),
  };

  expect((await save(server, key, { metadata })).metadata).toEqual(metadata);
});

test("What is beyond that, empty, or not storable is listed, each with its own path.", async () => {
  const tooLong = "x".repeat(256);
  const words = await store(Object.fromEntries(WORDS.map((name) => [name, tooLong])));
  const empty = await store(Object.fromEntries(WORDS.map((name) => [name, ""])));
  const nul = await store({ title: "a\u0000", ...Object.fromEntries(WORDS.map((name) => [name, "a\u0000"])) });
  const title = await store({ title: "x".repeat(1_001) });
  const lists = await store(Object.fromEntries(LISTS.map((name) => [name, ["ok", tooLong, "", "\ud800", "a\u0000"]])));
  const tooMany = await store(Object.fromEntries(LISTS.map((name) => [name, Array.from({ length: 101 }, String)])));

  expect([pathsOf(words.errors), pathsOf(empty.errors)]).toEqual([WORDS, WORDS]);
  expect(pathsOf(nul.errors)).toEqual([...WORDS, "title"]);
  expect(pathsOf(title.errors)).toEqual(["title"]);
  expect(pathsOf(lists.errors)).toEqual(LISTS.flatMap((name) => [1, 2, 3, 4].map((index) => `${name}.${index}`)));
  expect(pathsOf(tooMany.errors)).toEqual(LISTS);
});

test("A value that occurs twice in a list is kept once, at its first position.", async () => {
  const { metadata } = await save(server, key, { metadata: { tags: ["b", "a", "b", "A"], gitBranches: ["x", "x"], llmModels: [] } });

  expect(metadata).toMatchObject({ tags: ["b", "a", "A"], gitBranches: ["x"], llmModels: [] });
});
