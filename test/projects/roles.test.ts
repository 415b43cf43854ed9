import { afterAll, beforeEach, expect, test } from "@jest/globals";
import { change, createProject, mutate, read, run, save, share, uuid } from "../support/actions.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

let server: TestServer | undefined;
let owner: TestUser;
let viewer: TestUser;
let editor: TestUser;

async function start(settings: Record<string, string> = {}) {
  await server?.close();
  const started = await startTestServer(settings);
  server = started;
  [owner, viewer, editor] = [await started.addUser(), await started.addUser("viewer@example.com"), await started.addUser()];
  await createProject(started, owner.key, { id: "p", name: "Shared" });
  await save(started, owner.key, { id: uuid(1), projectId: "p", name: "First", markdown: "0123456789" });
  await share(started, owner.key, "p", viewer.email, "VIEWER");
  started.clock.advance(1); // members are listed by how long they have been ones
  await share(started, owner.key, "p", editor.email, "EDITOR");
  return started;
}

let shared: TestServer;
beforeEach(async () => {
  shared = server === undefined ? await start() : server;
});
afterAll(() => server?.close());

const READ = `{ project(id: "p") { ownerId name } session(id: "${uuid(1)}") { markdownContent }
  projects { id } sessions { name } searchSessions(query: "first") { total } stats { totalSessions } }`;

test("Every member reads the project, its sessions and their content, alone and in lists, and finds them.", async () => {
  for (const member of [viewer, editor]) {
    expect(await read(shared, member.key, READ)).toEqual({
      project: { ownerId: owner.id, name: "Shared" },
      session: { markdownContent: "0123456789" },
      projects: [{ id: "p" }],
      sessions: [{ name: "First" }],
      searchSessions: { total: 1 },
      stats: { totalSessions: 1 },
    });
  }
});

const WRITES: [string, Record<string, unknown>, string][] = [
  ["updateProject", { id: "p", color: "rose" }, "project { color }"],
  ["saveSession", { projectId: "p", name: "New", markdown: "" }, "session { id }"],
  ["saveSession", { projectId: "p", id: uuid(1), name: "Replaced", markdown: "" }, "session { id }"],
  ["deleteSession", { id: uuid(1) }, "id"],
];
const OWNERS_ONLY: [string, Record<string, unknown>, string][] = [
  ["deleteProject", { id: "p" }, "deletedAt"],
  ["addProjectMember", { projectId: "p", email: "viewer@example.com", role: "EDITOR" }, "member { role }"],
  ["removeProjectMember", { projectId: "p", email: "viewer@example.com" }, "projectId"],
];
const DENIED = [{ code: "FORBIDDEN", reason: "ACCESS_DENIED", status: 403 }];

test.each([...WRITES, ...OWNERS_ONLY])("A VIEWER's %s %j is FORBIDDEN and changes nothing.", async (name, input, selection) => {
  const { payload, errors } = await mutate(shared, viewer.key, name, input, selection);

  expect(payload).toBeNull();
  expect(errors).toMatchObject(DENIED);
  expect(await read(shared, owner.key, `{ project(id: "p") { color sessionCount members { role } sessions { name } } }`)).toEqual({
    project: { color: "blue", sessionCount: 1, members: [{ role: "VIEWER" }, { role: "EDITOR" }], sessions: [{ name: "First" }] },
  });
});

test.each(OWNERS_ONLY)("An EDITOR's %s %j is FORBIDDEN: the project is its owner's.", async (name, input, selection) => {
  expect((await mutate(shared, editor.key, name, input, selection)).errors).toMatchObject(DENIED);
});

test("createProject with the id of a project that is shared with the caller is a CONFLICT.", async () => {
  const { errors } = await mutate(shared, viewer.key, "createProject", { id: "p", name: "Mine" }, "project { id }");

  expect(errors).toMatchObject([{ reason: "RESOURCE_CONFLICT", projectId: "p" }]);
});

test("What an EDITOR stores belongs to the project's owner, who sees it, and an EDITOR replaces and deletes what the owner stored.", async () => {
  const fresh = await start();
  const saved = await save(fresh, editor.key, { id: uuid(2), projectId: "p", name: "By the editor", markdown: "12345" });
  const replaced = await save(fresh, editor.key, { id: uuid(1), projectId: "p", name: "Edited", markdown: "0123456789" });
  const usage = `{ viewer { storedBytes } projects { id ownerId sessionCount } }`;
  const ofOwner = await read(
    fresh,
    owner.key,
    `{ viewer { storedBytes } project(id: "p") { sessionCount sessions(orderBy: NAME_ASC) { name } } }`,
  );
  const ofEditor = await read(fresh, editor.key, usage);
  await change(fresh, editor.key, "deleteSession", { id: uuid(1) }, "id");

  expect([saved.created, replaced.created]).toEqual([true, false]);
  expect(ofOwner).toEqual({
    viewer: { storedBytes: 15 },
    project: { sessionCount: 2, sessions: [{ name: "By the editor" }, { name: "Edited" }] },
  });
  expect(ofEditor).toEqual({ viewer: { storedBytes: 0 }, projects: [{ id: "p", ownerId: owner.id, sessionCount: 2 }] });
  expect((await read(fresh, owner.key, usage)).viewer.storedBytes).toBe(5);
});

test("What an EDITOR stores counts against the owner's quota, not the editor's own.", async () => {
  const limited = await start({ QUOTA_STORAGE_BYTES: "15" });

  await save(limited, editor.key, { projectId: "own", markdown: "0123456789abcde" });
  await save(limited, editor.key, { projectId: "p", markdown: "12345" });
  const over = await mutate(limited, editor.key, "saveSession", { projectId: "p", name: "X", markdown: "1" }, "created");

  expect(over.errors).toMatchObject([{ code: "RATE_LIMITED", reason: "QUOTA_EXCEEDED", status: 429 }]);
});

test("A member who is removed loses the project at once, and what the member stored stays with the owner.", async () => {
  const fresh = await start();
  await save(fresh, editor.key, { id: uuid(2), projectId: "p" });
  await change(fresh, owner.key, "removeProjectMember", { projectId: "p", email: editor.email }, "projectId email");

  const { data, errors } = await run(
    fresh,
    editor.key,
    `{ project(id: "p") { id } session(id: "${uuid(2)}") { id } projects { id } sessions { id } }`,
  );

  expect(data).toEqual({ project: null, session: null, projects: [], sessions: [] });
  expect(errors.map(({ reason }) => reason)).toEqual(["ACCESS_DENIED", "ACCESS_DENIED"]);
  expect(await read(fresh, owner.key, `{ session(id: "${uuid(2)}") { id } }`)).toEqual({ session: { id: uuid(2) } });
});
