import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createProject, read, run, save, uuid } from "../support/actions.js";
import { startTestServer, type TestServer } from "../support/server.js";

const DAY_MS = 86_400_000;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

test("The stats of a project count its own sessions alone, with sizes, models, branches, days and tags.", async () => {
  const { key } = await server.addUser();
  const today = server.clock.now().toISOString().slice(0, 10);
  await save(server, key, {
    id: uuid(1),
    markdown: "ü",
    rawData: "raw",
    metadata: { llmModels: ["a", "b"], gitBranches: ["main"], tags: ["x", "y"] },
  });
  await save(server, key, {
    id: uuid(2),
    markdown: "12345",
    rawData: "",
    metadata: { llmModels: ["b"], gitBranches: ["main", "dev"], tags: ["y"] },
  });
  await save(server, key, { projectId: "other", markdown: "123", metadata: { llmModels: ["c"], gitBranches: ["x"], tags: ["z"] } });
  const { projects } = await read(
    server,
    key,
    `{ projects { id stats { totalSessions totalMarkdownSize totalRawDataSize uniqueLLMModels uniqueGitBranches sessionsByDay { date count } topTags { tag count } } } }`,
  );

  expect(projects.find(({ id }: { id: string }) => id === "app").stats).toEqual({
    totalSessions: 2,
    totalMarkdownSize: 7,
    totalRawDataSize: 3,
    uniqueLLMModels: 2,
    uniqueGitBranches: 2,
    sessionsByDay: [{ date: today, count: 2 }],
    topTags: [
      { tag: "y", count: 2 },
      { tag: "x", count: 1 },
    ],
  });
});

test("An empty project has stats of zero.", async () => {
  const { key } = await server.addUser();
  await createProject(server, key);

  expect(
    await read(
      server,
      key,
      `{ project(id: "app") { stats { totalSessions totalMarkdownSize totalRawDataSize uniqueLLMModels uniqueGitBranches sessionsByDay { date } topTags { tag } } } }`,
    ),
  ).toEqual({
    project: {
      stats: {
        totalSessions: 0,
        totalMarkdownSize: 0,
        totalRawDataSize: 0,
        uniqueLLMModels: 0,
        uniqueGitBranches: 0,
        sessionsByDay: [],
        topTags: [],
      },
    },
  });
});

test("Days are UTC days with today: midnight begins one, and the last 30 are shown unless told otherwise.", async () => {
  const { key } = await server.addUser();
  const midnight = Math.ceil(server.clock.now().getTime() / DAY_MS) * DAY_MS;
  server.clock.advance(midnight - 1 - server.clock.now().getTime());
  await save(server, key); // the last millisecond of a day
  server.clock.advance(1);
  await save(server, key); // the first of the next
  server.clock.advance(29 * DAY_MS);
  await save(server, key);
  const days = async (args: string) =>
    (await read(server, key, `{ project(id: "app") { stats { sessionsByDay${args} { date count } } } }`)).project.stats.sessionsByDay;
  const date = (offset: number) => new Date(midnight + offset * DAY_MS).toISOString().slice(0, 10);

  expect(await days("")).toEqual([
    { date: date(0), count: 1 },
    { date: date(29), count: 1 },
  ]);
  expect(await days("(days: 31)")).toEqual([
    { date: date(-1), count: 1 },
    { date: date(0), count: 1 },
    { date: date(29), count: 1 },
  ]);
  expect(await days("(days: 1)")).toEqual([{ date: date(29), count: 1 }]);
  expect(await days("(days: 366)")).toHaveLength(3);
  expect(await days("(days: null)")).toHaveLength(2);
});

test("Tags are ordered by how often they are used, then by name, at most as many as asked for.", async () => {
  const { key } = await server.addUser();
  for (let number = 0; number < 3; number += 1) {
    await save(server, key, {
      metadata: { tags: ["every", ...(number < 2 ? ["b", "a"] : []), ...Array.from({ length: 12 }, (_, index) => `t${number}-${index}`)] },
    });
  }
  const tags = async (args: string): Promise<{ tag: string }[]> =>
    (await read(server, key, `{ project(id: "app") { stats { topTags${args} { tag count } } } }`)).project.stats.topTags;

  expect(await tags("(limit: 3)")).toEqual([
    { tag: "every", count: 3 },
    { tag: "a", count: 2 },
    { tag: "b", count: 2 },
  ]);
  expect(await tags("")).toHaveLength(10);
  expect(await tags("(limit: 200)")).toHaveLength(39);
});

test.each([
  ["sessionsByDay(days: 0) { date }", "days"],
  ["sessionsByDay(days: 367) { date }", "days"],
  ["topTags(limit: 0) { tag }", "limit"],
  ["topTags(limit: 201) { tag }", "limit"],
])("%s is a VALIDATION_ERROR that names the argument, and the other stats are there.", async (field, name) => {
  const { key } = await server.addUser();
  await createProject(server, key);
  const { data, errors } = await run(server, key, `{ project(id: "app") { stats { totalSessions bad: ${field} } } }`);

  expect(data).toEqual({ project: { stats: { totalSessions: 0, bad: null } } });
  expect(errors).toMatchObject([{ reason: "INVALID_PARAMETER", path: ["project", "stats", "bad"], fields: [{ path: [name] }] }]);
});

test("Without sessions:read the stats fail once, as a whole, and the project is there.", async () => {
  const user = await server.addUser();
  await createProject(server, user.key);
  const key = await server.addKey(user, ["projects:read"]);
  const { data, errors } = await run(
    server,
    key,
    `{ project(id: "app") { name stats { totalSessions topTags { tag } sessionsByDay { date } } } }`,
  );

  expect(data).toEqual({ project: { name: "The app", stats: null } });
  expect(errors).toMatchObject([{ path: ["project", "stats"], reason: "INSUFFICIENT_SCOPE", requiredScope: "sessions:read" }]);
});
