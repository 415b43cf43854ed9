import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { accept, change, createProject, mutate, read, save, share, uuid } from "../support/actions.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

let server: TestServer;
let owner: TestUser;
beforeAll(async () => {
  server = await startTestServer();
  owner = await server.addUser("owner@example.com");
});
afterAll(() => server.close());

test("Members are listed the longest first with user, role and since when, and adding one again changes the role only.", async () => {
  const [first, second] = [await server.addUser(), await server.addUser()];
  await createProject(server, owner.key, { id: "team" });
  const since = server.clock.now().toISOString(); // the time of acceptance
  await share(server, owner.key, "team", first.email, "EDITOR");
  server.clock.advance(1_000);
  await share(server, owner.key, "team", second.email.toUpperCase(), "VIEWER");
  server.clock.advance(1_000);
  const selection = "member { role createdAt user { id email createdAt } }";
  const { member } = await change(
    server,
    owner.key,
    "addProjectMember",
    { projectId: "team", email: first.email, role: "VIEWER" },
    selection,
  );

  const { project } = await read(server, owner.key, `{ project(id: "team") { members { role createdAt user { email } } } }`);

  expect(member).toMatchObject({ role: "VIEWER", createdAt: since, user: { id: first.id, email: first.email } });
  expect(project.members).toEqual([
    { role: "VIEWER", createdAt: since, user: { email: first.email } },
    { role: "VIEWER", createdAt: new Date(Date.parse(since) + 1_000).toISOString(), user: { email: second.email } },
  ]);
});

test("A member is removed once: the second time it is NOT_FOUND, as is whoever was never one.", async () => {
  const member = await server.addUser();
  await createProject(server, owner.key, { id: "leaving" });
  await share(server, owner.key, "leaving", member.email, "VIEWER");
  const remove = (email: string) => mutate(server, owner.key, "removeProjectMember", { projectId: "leaving", email }, "projectId email");

  expect((await remove(member.email.toUpperCase())).payload).toEqual({ projectId: "leaving", email: member.email });
  for (const email of [member.email, "nobody@example.com", owner.email]) {
    expect((await remove(email)).errors).toMatchObject([{ reason: "RESOURCE_NOT_FOUND", projectId: "leaving", email }]);
  }
});

test("The owner cannot be a member of the own project.", async () => {
  await createProject(server, owner.key, { id: "own" });
  const input = { projectId: "own", email: "Owner@Example.com", role: "EDITOR" };

  expect((await mutate(server, owner.key, "addProjectMember", input, "member { role }")).errors).toMatchObject([
    { code: "VALIDATION_ERROR", reason: "INVALID_PARAMETER", fields: [{ path: ["input", "email"] }] },
  ]);
});

test("Bad fields of a member are listed all at once.", async () => {
  const input = { projectId: "", email: "not an address", role: "VIEWER" };
  const { errors } = await mutate(server, owner.key, "addProjectMember", input, "member { role }");

  expect(errors[0]?.fields).toMatchObject([{ path: ["input", "projectId"] }, { path: ["input", "email"] }]);
});

test("Members are managed with projects:write alone; no other scope is asked for.", async () => {
  const member = await server.addUser();
  const key = await server.addKey(owner, ["projects:write"]);
  await createProject(server, key, { id: "write only" });

  await share(server, key, "write only", member.email, "VIEWER");
  await change(server, key, "removeProjectMember", { projectId: "write only", email: member.email }, "projectId");
});

test("A user who is added twenty times at the same moment has one invitation, and a member who is has one membership.", async () => {
  const member = await server.addUser();
  await createProject(server, owner.key, { id: "crowd" });
  const add = (role: string) => () => change(server, owner.key, "addProjectMember", { projectId: "crowd", email: member.email, role }, "invitation { id } member { role }"); // prettier-ignore
  const invited = await Promise.all(Array.from({ length: 20 }, add("EDITOR")));
  await accept(server, member.key, invited[0].invitation.id);
  const changed = await Promise.all(Array.from({ length: 20 }, add("VIEWER")));

  expect(new Set(invited.map(({ invitation }) => invitation.id)).size).toBe(1);
  expect(changed).toEqual(Array(20).fill({ invitation: null, member: { role: "VIEWER" } }));
  expect((await read(server, owner.key, `{ project(id: "crowd") { members { role } } }`)).project.members).toEqual([{ role: "VIEWER" }]);
});

const LEFT = "projectId ownerId";

test("A member who leaves loses the project at once, the own project with the same id stays, and leaving again is FORBIDDEN.", async () => {
  const member = await server.addUser();
  await createProject(server, owner.key, { id: "left" });
  await share(server, owner.key, "left", member.email, "EDITOR");
  await createProject(server, (await server.addUser()).key, { id: "left" });
  await save(server, member.key, { projectId: "left" });
  const own = await server.prisma.project.create({ data: { id: "left", ownerId: member.id, name: "Mine" } });
  const input = { projectId: "left", ownerId: owner.id };

  expect(await change(server, member.key, "leaveProject", input, LEFT)).toEqual(input);
  expect((await read(server, member.key, `{ projects { id ownerId } }`)).projects).toEqual([{ id: "left", ownerId: own.ownerId }]);
  expect((await read(server, owner.key, `{ project(id: "left") { sessionCount members { role } } }`)).project).toEqual({
    sessionCount: 1,
    members: [],
  });
  expect((await mutate(server, member.key, "leaveProject", input, LEFT)).errors).toMatchObject([{ reason: "ACCESS_DENIED", ...input }]);
});

test("The owner cannot leave, and what does not exist cannot be left.", async () => {
  await createProject(server, owner.key, { id: "kept" });
  const leave = (projectId: string, ownerId: string) => mutate(server, owner.key, "leaveProject", { projectId, ownerId }, LEFT);

  expect((await leave("kept", owner.id)).errors).toMatchObject([{ reason: "INVALID_PARAMETER", fields: [{ path: ["input", "ownerId"] }] }]);
  for (const [projectId, ownerId] of [
    ["none", owner.id],
    ["kept", uuid(9)],
    ["kept", "no uuid"],
  ] as const) {
    expect((await leave(projectId, ownerId)).errors).toMatchObject([{ reason: "RESOURCE_NOT_FOUND", projectId, ownerId }]);
  }
  expect((await read(server, owner.key, `{ project(id: "kept") { id } }`)).project).toEqual({ id: "kept" });
});
