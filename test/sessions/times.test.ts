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

const TURNS = `# Title

_**User (2026-06-02 09:00:05Z)**_

Hello

_**Agent (claude-opus-4-6 2026-06-02 10:30:00Z)**_

Hi
`;
const [FIRST, LAST] = ["2026-06-02T09:00:05.000Z", "2026-06-02T10:30:00.000Z"];
const spanOf = async (input: object) => {
  const { startedAt, endedAt } = await save(server, key, { markdown: TURNS, ...input });
  return [startedAt, endedAt];
};

test("A conversation's start and end are those of its turns, unless they are given.", async () => {
  const [early, late] = ["2026-06-01T00:00:00.123Z", "2026-06-03T00:00:00.456Z"];

  expect(await spanOf({})).toEqual([FIRST, LAST]);
  expect(await spanOf({ startedAt: early })).toEqual([early, LAST]);
  expect(await spanOf({ endedAt: late })).toEqual([FIRST, late]);
  expect(await spanOf({ startedAt: early, endedAt: late })).toEqual([early, late]);
  expect(await spanOf({ startedAt: null, endedAt: null })).toEqual([FIRST, LAST]);
});

test("Without turns and without times given, neither is known.", async () => {
  expect(await spanOf({ markdown: "No turns" })).toEqual([null, null]);
});

test("What the turns tell is left out where it would contradict what is given.", async () => {
  const [before, after] = ["2020-01-01T00:00:00.000Z", "2030-01-01T00:00:00.000Z"];

  expect(await spanOf({ startedAt: after })).toEqual([after, null]);
  expect(await spanOf({ endedAt: before })).toEqual([null, before]);
});

test("A start after the end is a VALIDATION_ERROR; a start at the end is not.", async () => {
  const span = (startedAt: string, endedAt: string) =>
    mutate(server, key, "saveSession", { projectId: "app", name: "X", markdown: "", startedAt, endedAt }, "created");

  expect((await span(LAST, FIRST)).errors).toMatchObject([
    { code: "VALIDATION_ERROR", reason: "INVALID_PARAMETER", fields: [{ path: ["input", "startedAt"] }] },
  ]);
  expect((await span(FIRST, FIRST)).errors).toEqual([]);
});

test("Times are kept to the millisecond, in UTC, from the year 1 to the year 9999.", async () => {
  expect(await spanOf({ startedAt: "0001-01-01T00:00:00Z", endedAt: "9999-12-31T23:59:59.999Z" })).toEqual([
    "0001-01-01T00:00:00.000Z",
    "9999-12-31T23:59:59.999Z",
  ]);
  expect(await spanOf({ startedAt: "2026-06-02T05:00:00.5+02:00" })).toEqual(["2026-06-02T03:00:00.500Z", LAST]);
});

test("A year 0, which the database does not have, is a VALIDATION_ERROR; in a turn it is no time.", async () => {
  const { errors } = await mutate(
    server,
    key,
    "saveSession",
    { projectId: "app", name: "X", markdown: "", startedAt: "0000-01-01T00:00:00Z" },
    "created",
  );

  expect(errors).toMatchObject([{ code: "VALIDATION_ERROR", fields: [{ path: ["input", "startedAt"] }] }]);
  expect(await spanOf({ markdown: "_**User (0000-01-01 00:00Z)**_\n\nHello" })).toEqual([null, null]);
});
