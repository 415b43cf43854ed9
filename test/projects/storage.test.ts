import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { change, createProject, mutate, read, save, share, uuid } from "../support/actions.js";
import { putBody, restClient } from "../support/rest.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ QUOTA_STORAGE_BYTES: "10000" });
});
afterAll(() => server.close());

/** The bytes of each project of a user by its id, and those of the user. */
async function bytesOf({ key }: TestUser) {
  const { projects, viewer } = await read(server, key, "{ viewer { storedBytes } projects { id storedBytes } }");
  const byId = projects.map(({ id, storedBytes }: { id: string; storedBytes: number }) => [id, storedBytes]);
  return { projects: Object.fromEntries(byId) as Record<string, number>, viewer: viewer.storedBytes as number };
}

test("A project's bytes follow every save, replacement and deletion of its sessions, and the projects' sum is the user's.", async () => {
  const user = await server.addUser();
  const client = restClient(server, user.key);
  await createProject(server, user.key);
  const states = [await bytesOf(user)];
  const after = async (step: Promise<unknown>) => {
    await step;
    states.push(await bytesOf(user));
  };

  await after(save(server, user.key, { id: uuid(1), markdown: "ü", rawData: "🦕", sessionData: "four" }));
  await after(save(server, user.key, { id: uuid(1), markdown: "123" }));
  await after(save(server, user.key, { id: uuid(1), markdown: "", sessionData: "1" }));
  await after(client.put(`/projects/other/sessions/${uuid(2)}`, putBody({ markdown: "12345", rawData: "67" })));
  await after(mutate(server, user.key, "saveSession", { id: uuid(1), projectId: "other", name: "x", markdown: "x" }, "created"));
  await after(mutate(server, user.key, "saveSession", { projectId: "app", name: "x", markdown: "x".repeat(10_000) }, "created"));
  await after(client.delete(`/projects/other/sessions/${uuid(2)}`));
  await after(client.delete(`/projects/other/sessions/${uuid(2)}`));
  await after(change(server, user.key, "deleteSession", { id: uuid(1) }, "id"));

  const state = (app: number, other?: number) => ({
    projects: { app, ...(other === undefined ? {} : { other }) },
    viewer: app + (other ?? 0),
  });
  const expected = [state(0), state(10), state(7), state(1), state(1, 7), state(1, 7), state(1, 7), state(1, 0), state(1, 0), state(0, 0)];
  expect(states).toEqual(expected);
});

test("What an editor stores counts for the project, and members see its bytes as they see how many sessions it has.", async () => {
  const [owner, editor] = [await server.addUser(), await server.addUser()];
  await createProject(server, owner.key, { id: "shared" });
  await share(server, owner.key, "shared", editor.email, "EDITOR");
  await save(server, editor.key, { projectId: "shared", markdown: "12345" });

  expect([await bytesOf(owner), await bytesOf(editor)]).toEqual([
    { projects: { shared: 5 }, viewer: 5 },
    { projects: { shared: 5 }, viewer: 0 },
  ]);
});

test("The bytes stay exact when sessions are stored, replaced and deleted at the same time.", async () => {
  const user = await server.addUser();
  await save(server, user.key, { id: uuid(0), markdown: "12345" });
  await Promise.all([
    ...Array.from({ length: 10 }, (_, index) => save(server, user.key, { id: uuid(index % 3), markdown: "x".repeat(index) })),
    ...Array.from({ length: 5 }, (_, index) => save(server, user.key, { projectId: "b", markdown: "x".repeat(index), sessionData: "s" })),
    ...Array.from({ length: 3 }, (_, index) => mutate(server, user.key, "deleteSession", { id: uuid(index) }, "id")),
  ]);
  const stored = await server.prisma.session.groupBy({
    by: ["projectKey"],
    where: { ownerId: user.id },
    _sum: { markdownSize: true, sessionDataSize: true },
  });
  const sums = stored.map(({ _sum }) => Number(_sum.markdownSize) + Number(_sum.sessionDataSize));
  const { projects, viewer } = await bytesOf(user);

  expect(Object.values(projects).filter((bytes) => bytes > 0).sort()).toEqual(sums.filter((bytes) => bytes > 0).sort()); // prettier-ignore
  expect(viewer).toBe(sums.reduce((sum, bytes) => sum + bytes, 0));
});

test("A list of projects with their bytes is one statement.", async () => {
  const { key } = await server.addUser();
  for (const id of ["a", "b", "c"]) await save(server, key, { projectId: id });
  expect(await server.statementsOf(() => read(server, key, "{ projects { storedBytes } }"))).toHaveLength(1);
});
