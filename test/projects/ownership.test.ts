import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { change, createProject, mutate, read, run, save, share, uuid } from "../support/actions.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

let server: TestServer;
let ada: TestUser;
let bob: TestUser;
let eve: TestUser;
beforeAll(async () => {
  server = await startTestServer();
  [ada, bob, eve] = [await server.addUser("ada@example.com"), await server.addUser("bob@example.com"), await server.addUser()];
});
afterAll(() => server.close());

test("Two users hold the same project and session ids independently: each reads, replaces and deletes the own ones.", async () => {
  const id = uuid(1);
  const input = { id, projectId: "same/remote" };
  const first = await save(server, ada.key, { ...input, name: "Ada's", markdown: "ada" });
  const second = await save(server, bob.key, { ...input, name: "Bob's", markdown: "bob" });
  await save(server, bob.key, { ...input, name: "Bob's again", markdown: "bob 2" });

  const query = `{ project(id: "same/remote") { ownerId sessionCount sessions { name } } session(id: "${id}") { name markdownContent } sessions { name } }`;
  const adas = await read(server, ada.key, query);
  await change(server, bob.key, "deleteProject", { id: "same/remote" }, "deletedAt");

  expect([first.created, second.created]).toEqual([true, true]);
  expect(adas).toEqual({
    project: { ownerId: ada.id, sessionCount: 1, sessions: [{ name: "Ada's" }] },
    session: { name: "Ada's", markdownContent: "ada" },
    sessions: [{ name: "Ada's" }],
  });
  expect(await read(server, ada.key, query)).toEqual(adas);
  await change(server, ada.key, "deleteProject", { id: "same/remote" }, "deletedAt");
});

test("An id means the own project first, then the one that was shared first, then is FORBIDDEN, then NOT_FOUND.", async () => {
  const id = uuid(2);
  const reader = await server.addUser("reader@example.com");
  const query = `{ project(id: "p") { name } session(id: "${id}") { name } sessions(filters: { projectId: "p" }) { name } }`;
  const outcome = async () => {
    const { data, errors } = await run(server, reader.key, query);
    return [data.project?.name, data.session?.name, data.sessions.map(({ name }: { name: string }) => name), errors.map((e) => e.reason)];
  };
  const nobody = await outcome();
  for (const owner of [ada, bob, eve]) {
    await createProject(server, owner.key, { id: "p", name: `Project of ${owner.email}` });
    await save(server, owner.key, { id, projectId: "p", name: `Session of ${owner.email}` });
  }
  const foreign = await outcome();
  await share(server, bob.key, "p", reader.email, "VIEWER");
  server.clock.advance(1);
  await share(server, ada.key, "p", reader.email, "VIEWER");
  const shared = await outcome();
  await change(server, bob.key, "removeProjectMember", { projectId: "p", email: reader.email }, "projectId");
  const sharedLater = await outcome();
  // While a project is shared its id is taken, so the own one is made in between.
  await change(server, ada.key, "removeProjectMember", { projectId: "p", email: reader.email }, "projectId");
  await createProject(server, reader.key, { id: "p", name: "Project of reader" });
  await save(server, reader.key, { id, projectId: "p", name: "Session of reader" });
  await share(server, ada.key, "p", reader.email, "VIEWER");
  const own = await outcome();

  expect(nobody).toEqual([undefined, undefined, [], ["RESOURCE_NOT_FOUND", "RESOURCE_NOT_FOUND"]]);
  expect(foreign).toEqual([undefined, undefined, [], ["ACCESS_DENIED", "ACCESS_DENIED"]]);
  expect(shared).toEqual([`Project of ${bob.email}`, `Session of ${bob.email}`, [`Session of ${bob.email}`], []]);
  expect(sharedLater).toEqual([`Project of ${ada.email}`, `Session of ${ada.email}`, [`Session of ${ada.email}`], []]);
  expect(own).toEqual(["Project of reader", "Session of reader", ["Session of reader"], []]);
});

test("A session under a project is looked up in the project that the id means, and is NOT_FOUND if it is only in another one of that id.", async () => {
  const guest = await server.addUser();
  await createProject(server, guest.key, { id: "shared", name: "Guest's own" });
  await createProject(server, ada.key, { id: "shared" });
  await save(server, ada.key, { id: uuid(3), projectId: "shared" });
  await save(server, guest.key, { id: uuid(4), projectId: "elsewhere" });
  await share(server, ada.key, "shared", guest.email, "EDITOR");
  const inProject = async (id: string, projectId: string) =>
    run(server, guest.key, `{ session(id: "${id}", projectId: "${projectId}") { id } }`);
  const reasonOf = async (id: string, projectId: string) => (await inProject(id, projectId)).errors.map(({ reason }) => reason);

  await createProject(server, eve.key, { id: "eve's" });
  await save(server, eve.key, { id: uuid(5), projectId: "eve's" });

  expect(await reasonOf(uuid(3), "shared")).toEqual(["RESOURCE_NOT_FOUND"]);
  expect(await reasonOf(uuid(4), "shared")).toEqual(["RESOURCE_NOT_FOUND"]);
  expect(await reasonOf(uuid(4), "none")).toEqual(["RESOURCE_NOT_FOUND"]);
  expect(await reasonOf(uuid(5), "eve's")).toEqual(["ACCESS_DENIED"]);
  expect(await reasonOf("not-a-uuid", "eve's")).toEqual(["ACCESS_DENIED"]);
  expect(await reasonOf("not-a-uuid", "elsewhere")).toEqual(["RESOURCE_NOT_FOUND"]);
  expect((await inProject(uuid(4), "elsewhere")).data.session.id).toBe(uuid(4));
  const removal = await mutate(server, guest.key, "deleteSession", { id: uuid(3), projectId: "shared" }, "id");
  expect(removal.errors).toMatchObject([{ reason: "RESOURCE_NOT_FOUND", projectId: "shared", sessionId: uuid(3) }]);
});

test("FORBIDDEN names the id that is another user's.", async () => {
  await save(server, ada.key, { id: uuid(6), projectId: "ada's only" });

  const { errors } = await run(server, eve.key, `{ project(id: "ada's only") { id } session(id: "${uuid(6)}") { id } }`);

  expect(errors).toMatchObject([
    { path: ["project"], code: "FORBIDDEN", reason: "ACCESS_DENIED", status: 403, projectId: "ada's only" },
    { path: ["session"], code: "FORBIDDEN", reason: "ACCESS_DENIED", status: 403, sessionId: uuid(6) },
  ]);
});
