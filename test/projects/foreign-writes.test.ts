import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createProject, mutate, read, save, uuid } from "../support/actions.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

let server: TestServer;
let owner: TestUser;
let stranger: TestUser;
beforeAll(async () => {
  server = await startTestServer();
  owner = await server.addUser();
  stranger = await server.addUser();
  await createProject(server, owner.key, { id: "p", name: "Owner's" });
  await save(server, owner.key, { id: uuid(1), projectId: "p", name: "Owner's session" });
});
afterAll(() => server.close());

const WRITES: [string, Record<string, unknown>, string][] = [
  ["updateProject", { id: "p", name: "Taken" }, "project { id }"],
  ["deleteProject", { id: "p" }, "deletedAt"],
  ["addProjectMember", { projectId: "p", email: "someone@example.com", role: "VIEWER" }, "member { role }"],
  ["removeProjectMember", { projectId: "p", email: "someone@example.com" }, "projectId"],
  ["deleteSession", { id: uuid(1) }, "id"],
  ["deleteSession", { id: uuid(1), projectId: "p" }, "id"],
];

test.each(WRITES)("%s %j on another user's id is FORBIDDEN and changes nothing.", async (name, input, selection) => {
  const { payload, errors } = await mutate(server, stranger.key, name, input, selection);

  expect(payload).toBeNull();
  expect(errors).toMatchObject([{ path: [name], code: "FORBIDDEN", reason: "ACCESS_DENIED", status: 403 }]);
  expect(await read(server, owner.key, `{ project(id: "p") { name sessionCount members { role } sessions { name } } }`)).toEqual({
    project: { name: "Owner's", sessionCount: 1, members: [], sessions: [{ name: "Owner's session" }] },
  });
});

test("To leave a project of another user, without being a member, is FORBIDDEN and changes nothing.", async () => {
  const { errors } = await mutate(server, stranger.key, "leaveProject", { projectId: "p", ownerId: owner.id }, "projectId");

  expect(errors).toMatchObject([{ path: ["leaveProject"], code: "FORBIDDEN", reason: "ACCESS_DENIED", status: 403, projectId: "p" }]);
});

test("createProject and saveSession on an id that only others have make a project of the caller's own.", async () => {
  const [first, second] = [await server.addUser(), await server.addUser()];
  const made = await createProject(server, first.key, { id: "p", name: "Mine" });
  const saved = await save(server, second.key, { id: uuid(1), projectId: "p", projectName: "Mine too", name: "My session" });

  expect(made.ownerId).toBe(first.id);
  expect(saved.created).toBe(true);
  expect(await read(server, second.key, `{ project(id: "p") { ownerId name sessionCount } projects { id } }`)).toEqual({
    project: { ownerId: second.id, name: "Mine too", sessionCount: 1 },
    projects: [{ id: "p" }],
  });
  expect(await read(server, owner.key, `{ session(id: "${uuid(1)}") { name } }`)).toEqual({ session: { name: "Owner's session" } });
});
