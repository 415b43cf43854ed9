import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createProject, save, share, uuid } from "../support/actions.js";
import { addSessionRows, badFieldsOf, failureOf, putBody, restClient } from "../support/rest.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

type Resumable = { readonly id: string; readonly sessions: { id: string }[] };

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const as = ({ key }: TestUser) => restClient(server, key);
const add = () => server.addUser();
const now = () => server.clock.now().toISOString();
const later = () => (server.clock.advance(1_000), now());
const list = async (user: TestUser) => (await as(user).get("/projects")).body.data;
const idsOf = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);
const outline = (projects: readonly Resumable[]) => projects.map(({ id, sessions }) => [id, idsOf(sessions)]);

/** A project "p" of an owner, with a session, and everybody who is something else to it. */
async function makeShared() {
  const [owner, viewer, editor, stranger] = [await add(), await add(), await add(), await add()];
  await createProject(server, owner.key, { id: "p", name: "Shared", icon: "Bug", color: "blue" });
  await save(server, owner.key, { id: uuid(1), projectId: "p" });
  await share(server, owner.key, "p", viewer.email, "VIEWER");
  await share(server, owner.key, "p", editor.email, "EDITOR");
  return { owner, viewer, editor, stranger };
}

test("GET /projects has every project that the caller can see, the newest first, with exactly these fields.", async () => {
  const [user, other] = [await add(), await add()];
  const first = now();
  await createProject(server, user.key, { id: "old", name: "Old", icon: "Bug" });
  const second = later();
  await createProject(server, other.key, { id: "shared", name: "Shared" });
  await share(server, other.key, "shared", user.email, "VIEWER");
  await createProject(server, other.key, { id: "hidden" });
  const third = later();
  await as(user).put(`/projects/new/sessions/${uuid(1)}`, putBody({ projectName: "New" }));
  server.clock.advance(1_000);
  for (const number of [2, 3]) await as(user).put(`/projects/old/sessions/${uuid(number)}`, putBody());
  await as(user).patch("/projects/old", { color: "blue" });

  const { status, headers, body } = await as(user).get("/projects");

  const plain = { icon: "Code2", color: "blue" };
  expect([status, headers.get("content-type"), headers.get("cache-control")]).toEqual([200, "application/json", "private, no-cache"]);
  expect(body).toEqual({
    success: true,
    data: {
      projects: [
        { id: "new", ownerId: user.id, name: "New", ...plain, createdAt: third, updatedAt: third, sessionCount: 1, storedBytes: 5, lastUpdated: third },
        { id: "shared", ownerId: other.id, name: "Shared", ...plain, createdAt: second, updatedAt: second, sessionCount: 0, storedBytes: 0, lastUpdated: second },
        { id: "old", ownerId: user.id, name: "Old", icon: "Bug", color: "blue", createdAt: first, updatedAt: now(), sessionCount: 2, storedBytes: 10, lastUpdated: now() },
      ],
      total: 3,
    },
  }); // prettier-ignore
});

test("A project's lastUpdated is the time of its last change, whether it was a session's or its own.", async () => {
  const user = await add();
  const seen: { lastUpdated: string; changed: string }[] = [];
  const steps = [
    () => createProject(server, user.key),
    () => as(user).put(`/projects/app/sessions/${uuid(1)}`, putBody()),
    () => as(user).patch("/projects/app", { name: "Renamed" }),
    () => as(user).delete(`/projects/app/sessions/${uuid(1)}`),
  ];
  for (const step of steps) {
    server.clock.advance(1_000);
    await step();
    seen.push({ lastUpdated: (await list(user)).projects[0].lastUpdated, changed: now() });
  }

  expect(seen.map(({ lastUpdated }) => lastUpdated)).toEqual(seen.map(({ changed }) => changed));
});

test("Who can see no project gets an empty list, with and without ?resumable=true.", async () => {
  const user = await add();
  const answers = [await as(user).get("/projects"), await as(user).get("/projects?resumable=true")];
  await save(server, user.key, { id: uuid(1) });
  answers.push(await as(user).get("/projects?resumable=true"));

  for (const { status, body } of answers) expect([status, body]).toEqual([200, { success: true, data: { projects: [], total: 0 } }]);
});

test("More projects than are read at once are all listed, each once, the newest first.", async () => {
  const user = await add();
  await server.prisma.$executeRaw`INSERT INTO "Project" ("ownerId", "id", "name", "createdAt")
    SELECT ${user.id}::uuid, 'p' || lpad(n::text, 4, '0'), 'P', ${server.clock.now()}::timestamptz + n / 7 * interval '1 ms' FROM generate_series(1, 1203) n`;
  const { projects, total } = await list(user);

  expect(total).toBe(1203);
  expect(idsOf(projects)).toEqual(Array.from({ length: 1203 }, (_, index) => `p${String(1203 - index).padStart(4, "0")}`));
});

test("?resumable=true has only the projects with session data, each with just these sessions, in the order of the plain lists.", async () => {
  const [user, other] = [await add(), await add()];
  const put = (by: TestUser, projectId: string, number: number, sessionData = "") => {
    server.clock.advance(1_000);
    return as(by).put(`/projects/${projectId}/sessions/${uuid(number)}`, putBody({ sessionData }));
  };
  await put(user, "one", 1, "data");
  await put(user, "none", 2);
  await put(user, "mixed", 3);
  await put(other, "shared", 4, "data");
  await share(server, other.key, "shared", user.email, "VIEWER");
  await put(other, "foreign", 5, "data");
  await put(user, "mixed", 6, "data");
  await put(user, "mixed", 7, "data");
  await put(user, "one", 8, "data");

  const { body } = await as(user).get("/projects?resumable=true");
  const sessionsOf = async (id: string) => (await as(user).get(`/projects/${id}/sessions?resumable=true`)).body.data.sessions;
  const { projects } = await list(user);
  const expected: unknown[] = [];
  for (const project of projects) if (project.id !== "none") expected.push({ ...project, sessions: await sessionsOf(project.id) });

  expect(body).toEqual({ success: true, data: { projects: expected, total: 3 } });
  expect(outline(body.data.projects)).toEqual([
    ["shared", [uuid(4)]],
    ["mixed", [uuid(7), uuid(6)]],
    ["one", [uuid(8), uuid(1)]],
  ]);
  expect((await as(user).get("/projects?resumable=false")).body.data.projects).toEqual(projects);
});

test("?resumable=true stays whole where the sessions are more than are read at once and their projects end between two reads.", async () => {
  const user = await add();
  const counts = [900, 200, 1_000, 800]; // every second one can be resumed
  for (const [index, count] of counts.entries()) {
    await createProject(server, user.key, { id: `long ${index}` });
    await addSessionRows(server, `long ${index}`, index * 10_000, count);
  }
  const { projects, total } = (await as(user).get("/projects?resumable=true")).body.data;

  expect(total).toBe(4);
  expect(outline(projects)).toEqual(
    counts
      .map((count, index) => [`long ${index}`, Array.from({ length: count / 2 }, (_, nth) => uuid(index * 10_000 + count - 1 - 2 * nth))])
      .reverse(),
  );
});

test.each(["resumable=maybe", "resumable=", "resumable=1"])("GET /projects?%s is INVALID_PARAMETER.", async (query) => {
  const answer = await as(await add()).get(`/projects?${query}`);

  expect(failureOf(answer)).toMatchObject({ http: 400, code: "INVALID_PARAMETER", fields: [{ path: ["resumable"] }] });
});

test("PATCH answers with the changed fields only, null being the default, and nothing else of the project changes.", async () => {
  const user = await add();
  await createProject(server, user.key, { id: "app", name: "Old", icon: "Bug", color: "rose" });
  const [before] = (await list(user)).projects;
  server.clock.advance(1_000);
  const name = await as(user).patch("/projects/app", { name: "New" });
  const both = await as(user).patch("/projects/app", { icon: "Rocket", color: null });

  expect([name.status, name.body]).toEqual([200, { success: true, data: { name: "New" } }]);
  expect([both.status, both.body]).toEqual([200, { success: true, data: { icon: "Rocket", color: "blue" } }]);
  const changed = { name: "New", icon: "Rocket", color: "blue", updatedAt: now(), lastUpdated: now() };
  expect((await list(user)).projects).toEqual([{ ...before, ...changed }]);
});

test("PATCH ignores fields that it does not know, but needs one that it does.", async () => {
  const user = await add();
  await createProject(server, user.key);
  const mixed = await as(user).patch("/projects/app", { name: "New", id: "other", ownerId: uuid(1), sessionCount: 5 });
  const answers = [await as(user).patch("/projects/app", {}), await as(user).patch("/projects/app", { id: "other", title: "x" })];

  expect([mixed.status, mixed.body.data]).toEqual([200, { name: "New" }]);
  expect((await list(user)).projects).toMatchObject([{ id: "app", ownerId: user.id, name: "New", sessionCount: 0 }]);
  const fields = [
    { path: ["name"], reason: "MISSING_REQUIRED_FIELD", message: expect.stringContaining("name, icon or color must be given") },
  ];
  for (const answer of answers) expect(failureOf(answer)).toMatchObject({ http: 400, code: "MISSING_REQUIRED_FIELD", fields });
});

test("PATCH names all bad values at once, and changes nothing where one is good.", async () => {
  const user = await add();
  await createProject(server, user.key);
  const [before] = (await list(user)).projects;
  const all = failureOf(await as(user).patch("/projects/app", { name: " ", icon: "Nope", color: "BLUE" }));
  const some = failureOf(await as(user).patch("/projects/app", { name: 7, icon: "Bug", color: "mauve" }));
  const empty = failureOf(await as(user).patch("/projects/app", { name: null }));
  const long = failureOf(await as(user).patch("/projects/app", { name: "🦕".repeat(256) }));

  expect([all.http, all.code, badFieldsOf(all)]).toEqual([400, "INVALID_PARAMETER", ["name", "icon", "color"]]);
  expect(some).toMatchObject({
    http: 400,
    code: "INVALID_FORMAT",
    fields: [
      { path: ["name"], reason: "INVALID_FORMAT", message: "name: must be text" },
      { path: ["color"], reason: "INVALID_PARAMETER", message: expect.stringContaining("rose") },
    ],
  });
  expect([badFieldsOf(empty), badFieldsOf(long)]).toEqual([["name"], ["name"]]);
  expect((await list(user)).projects).toEqual([before]);
});

test("An EDITOR may PATCH; a VIEWER, a stranger and a key without projects:write may not, and nothing changes.", async () => {
  const { owner, viewer, editor, stranger } = await makeShared();
  const readOnly = restClient(server, await server.addKey(owner, ["projects:read", "sessions:write"]));
  const denied = [await as(viewer).patch("/projects/p", { name: "X" }), await as(stranger).patch("/projects/p", { name: "X" })];
  const unscoped = await readOnly.patch("/projects/p", { name: "X" });

  for (const answer of denied) expect(failureOf(answer)).toMatchObject({ http: 403, code: "ACCESS_DENIED", projectId: "p" });
  expect(failureOf(unscoped)).toMatchObject({ http: 403, code: "INSUFFICIENT_SCOPE", requiredScope: "projects:write" });
  expect((await list(owner)).projects).toMatchObject([{ name: "Shared" }]);
  expect((await as(editor).patch("/projects/p", { name: "Edited" })).body.data).toEqual({ name: "Edited" });
  expect((await list(owner)).projects).toMatchObject([{ ownerId: owner.id, name: "Edited" }]);
});

test("PATCH and DELETE of a project that nobody has are RESOURCE_NOT_FOUND and name it.", async () => {
  const user = await add();
  const answers = [await as(user).patch("/projects/in%20vain", { name: "X" }), await as(user).delete("/projects/in%20vain")];

  const missing = { http: 404, code: "RESOURCE_NOT_FOUND", message: "Project not found", projectId: "in vain" };
  for (const answer of answers) expect(failureOf(answer)).toMatchObject(missing);
});

test("DELETE answers with the project as it was; its sessions are gone, and others stay.", async () => {
  const user = await add();
  const created = now();
  await createProject(server, user.key, { id: "doomed", name: "Gone", icon: "Bug", color: "blue" });
  await as(user).put(`/projects/doomed/sessions/${uuid(1)}`, putBody({ sessionData: "data" }));
  await as(user).put(`/projects/kept/sessions/${uuid(2)}`, putBody({ sessionData: "data" }));
  server.clock.advance(1_000);

  const { status, body } = await as(user).delete("/projects/doomed", { "content-type": "application/json" });

  const deletedProject = {
    id: "doomed", ownerId: user.id, name: "Gone", icon: "Bug", color: "blue", createdAt: created, updatedAt: created,
  }; // prettier-ignore
  expect([status, body]).toEqual([200, { success: true, data: { deletedProject, deletedAt: now() } }]);
  for (const path of ["/projects/doomed/sessions", `/projects/doomed/sessions/${uuid(1)}`]) {
    expect(failureOf(await as(user).get(path))).toMatchObject({ http: 404, code: "RESOURCE_NOT_FOUND", projectId: "doomed" });
  }
  expect((await as(user).get("/projects/doomed/sessions/sizes")).body.data).toEqual({ sessions: {} });
  expect((await as(user).get("/sessions/recent")).body.data).toMatchObject({ sessions: [{ id: uuid(2) }], total: 1 });
  expect((await as(user).get("/projects?resumable=true")).body.data).toMatchObject({ projects: [{ id: "kept" }], total: 1 });
  expect(failureOf(await as(user).delete("/projects/doomed"))).toMatchObject({ http: 404, code: "RESOURCE_NOT_FOUND" });
});

test("A project that a PUT makes has the icon Code2 and the colour blue, wherever it is shown.", async () => {
  const user = await add();
  const path = `/projects/made/sessions/${uuid(1)}`;
  await as(user).put(path, putBody({ sessionData: "data" }));
  const looks = { id: "made", icon: "Code2", color: "blue" };

  expect((await as(user).get("/projects?resumable=true")).body.data.projects).toMatchObject([looks]);
  expect((await as(user).get(path)).body.data.session.project).toMatchObject(looks);
  expect((await as(user).patch("/projects/made", { icon: null, color: null })).body.data).toEqual({ icon: "Code2", color: "blue" });
  expect((await as(user).delete("/projects/made")).body.data.deletedProject).toMatchObject(looks);
});

test("Nobody but the owner may DELETE a project, an EDITOR neither.", async () => {
  const { owner, viewer, editor, stranger } = await makeShared();
  const denied = { http: 403, code: "ACCESS_DENIED", projectId: "p" };
  for (const user of [viewer, editor, stranger]) expect(failureOf(await as(user).delete("/projects/p"))).toMatchObject(denied);

  expect((await list(owner)).projects).toMatchObject([{ id: "p", sessionCount: 1 }]);
  expect((await as(owner).delete("/projects/p")).status).toBe(200);
});
