import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { save, uuid } from "../support/actions.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer();
  key = (await server.addUser()).key;
});
afterAll(() => server.close());

const BASE = {
  id: uuid(1),
  name: "Name",
  markdown: "Text",
  rawData: "Raw",
  sessionData: "Data",
  startedAt: "2026-01-01T00:00:00Z",
  endedAt: "2026-01-02T00:00:00Z",
  metadata: {
    clientName: "a", clientVersion: "b", agentName: "c", deviceId: "d", machineName: "e", title: "f", gitBranches: ["g"], llmModels: ["h"], tags: ["i", "j"],
  },
}; // prettier-ignore

const CHANGES: [string, object][] = [
  ["name", { name: "Name2" }],
  ["markdown", { markdown: "Text2" }],
  ["rawData", { rawData: "Raw2" }],
  ["rawData into markdown", { markdown: "TextRaw", rawData: "" }],
  ["sessionData", { sessionData: "Data2" }],
  ["startedAt", { startedAt: "2026-01-01T00:00:01Z" }],
  ["endedAt", { endedAt: "2026-01-02T00:00:01Z" }],
  ...Object.keys(BASE.metadata).map((name): [string, object] => {
    const isList = ["gitBranches", "llmModels", "tags"].includes(name);
    return [name, { metadata: { ...BASE.metadata, [name]: isList ? ["other"] : "other" } }];
  }),
  ["the order of tags", { metadata: { ...BASE.metadata, tags: ["j", "i"] } }],
  ["no metadata", { metadata: null }],
];

test.each(CHANGES)("The etag changes with %s, and changes back with it.", async (_what, change) => {
  const before = await save(server, key, BASE);
  const changed = await save(server, key, { ...BASE, ...change });
  const back = await save(server, key, BASE);

  expect(changed.etag).not.toBe(before.etag);
  expect(back.etag).toBe(before.etag);
});

test("The etag of an identical save is the same, and is a weak validator.", async () => {
  const first = await save(server, key, BASE);
  server.clock.advance(1_000);
  const second = await save(server, key, BASE);

  expect(second.etag).toBe(first.etag);
  expect(first.etag).toMatch(/^W\/"[\x21\x23-\x7e]+"$/);
});

test("Without session data the stored one stays, so the etag of the same save without it is the same.", async () => {
  const rest = { ...BASE, sessionData: undefined };
  const whole = await save(server, key, BASE);
  const without = await save(server, key, rest);
  const other = await save(server, key, { ...rest, id: uuid(2) });

  expect(without.etag).toBe(whole.etag);
  expect(other.etag).not.toBe(whole.etag);
});
