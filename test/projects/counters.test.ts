import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { change, createProject, mutate, read, save, uuid } from "../support/actions.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const projectOf = async (key: string) =>
  (await read(server, key, `{ project(id: "app") { sessionCount lastActivity updatedAt } }`)).project;

test("The session count and last activity of a project follow every save, replacement and deletion.", async () => {
  const { key } = await server.addUser();
  await createProject(server, key);
  const made = server.clock.now().toISOString();
  const states = [await projectOf(key)];
  const after = async (step: () => Promise<unknown>) => {
    server.clock.advance(1_000);
    await step();
    states.push(await projectOf(key));
  };

  await after(() => save(server, key, { id: uuid(1) }));
  await after(() => save(server, key, { id: uuid(2) }));
  await after(() => save(server, key, { id: uuid(1), name: "Replaced" }));
  await after(() => mutate(server, key, "saveSession", { projectId: "app", name: "", markdown: "" }, "created"));
  await after(() => change(server, key, "deleteSession", { id: uuid(2) }, "id"));
  await after(() => mutate(server, key, "deleteSession", { id: uuid(2) }, "id"));

  const at = (seconds: number) => new Date(Date.parse(made) + seconds * 1_000).toISOString();
  expect(states).toEqual([
    { sessionCount: 0, lastActivity: null, updatedAt: made },
    { sessionCount: 1, lastActivity: at(1), updatedAt: made },
    { sessionCount: 2, lastActivity: at(2), updatedAt: made },
    { sessionCount: 2, lastActivity: at(3), updatedAt: made },
    { sessionCount: 2, lastActivity: at(3), updatedAt: made },
    { sessionCount: 1, lastActivity: at(5), updatedAt: made },
    { sessionCount: 1, lastActivity: at(5), updatedAt: made },
  ]);
});

test("The counts stay exact when sessions are stored, replaced and deleted at the same time.", async () => {
  const { key, id } = await server.addUser();
  await Promise.all(Array.from({ length: 10 }, (_, index) => save(server, key, { id: uuid(index), markdown: "12345" })));
  await Promise.all([
    ...Array.from({ length: 10 }, (_, index) => save(server, key, { id: uuid(10 + index), markdown: "123" })),
    ...Array.from({ length: 10 }, (_, index) => save(server, key, { id: uuid(5), markdown: "x".repeat(index) })),
    ...Array.from({ length: 5 }, (_, index) => change(server, key, "deleteSession", { id: uuid(index) }, "id")),
    ...Array.from({ length: 5 }, () => mutate(server, key, "deleteSession", { id: uuid(9) }, "id")),
  ]);

  const stored = await server.prisma.session.aggregate({ where: { ownerId: id }, _count: true, _sum: { markdownSize: true } });
  const { project, viewer, stats } = await read(
    server,
    key,
    `{ project(id: "app") { sessionCount stats { totalSessions } } viewer { storedBytes } stats { totalSessions } }`,
  );

  expect(stored._count).toBe(14);
  expect(project).toEqual({ sessionCount: 14, stats: { totalSessions: 14 } });
  expect(stats.totalSessions).toBe(14);
  expect(viewer.storedBytes).toBe(stored._sum.markdownSize);
});

test("A project that many sessions are stored into for the first time at once is made once.", async () => {
  const { key } = await server.addUser();
  await Promise.all(Array.from({ length: 20 }, () => save(server, key, { projectId: "born", projectName: "Born" })));

  expect(await read(server, key, `{ projects { id name sessionCount } }`)).toEqual({
    projects: [{ id: "born", name: "Born", sessionCount: 20 }],
  });
});
