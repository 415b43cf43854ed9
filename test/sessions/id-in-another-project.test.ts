import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createProject, mutate, read, save, share, uuid } from "../support/actions.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const CONFLICT = [{ code: "CONFLICT", reason: "RESOURCE_CONFLICT", status: 409, sessionId: uuid(1) }];
const STATE = `{ projects { id sessionCount lastActivity } sessions { id projectId name markdownContent } viewer { storedBytes } searchSessions(query: "moved") { total } }`;

test("A session id that another project of the same owner uses is a CONFLICT, and nothing of the write stays, not even a new project.", async () => {
  const { key } = await server.addUser();
  await save(server, key, { id: uuid(1), projectId: "first", markdown: "original" });
  await createProject(server, key, { id: "second" });
  const before = await read(server, key, STATE);
  server.clock.advance(1_000);

  const intoOld = await mutate(
    server,
    key,
    "saveSession",
    { id: uuid(1), projectId: "second", name: "Moved", markdown: "moved" },
    "created",
  );
  const intoNew = await mutate(
    server,
    key,
    "saveSession",
    { id: uuid(1), projectId: "third", name: "Moved", markdown: "moved" },
    "created",
  );

  expect([intoOld.payload, intoNew.payload]).toEqual([null, null]);
  expect(intoOld.errors).toMatchObject([{ ...CONFLICT[0], projectId: "second" }]);
  expect(intoNew.errors).toMatchObject([{ ...CONFLICT[0], projectId: "third" }]);
  expect(await read(server, key, STATE)).toEqual(before);
});

test("Where an EDITOR stores into a shared project, the ids of the owner count, not the EDITOR's own.", async () => {
  const owner = await server.addUser();
  const editor = await server.addUser();
  await save(server, owner.key, { id: uuid(1), projectId: "owner's other" });
  await save(server, editor.key, { id: uuid(2), projectId: "editor's" });
  await createProject(server, owner.key, { id: "shared" });
  await share(server, owner.key, "shared", editor.email, "EDITOR");
  const into = (id: string) => mutate(server, editor.key, "saveSession", { id, projectId: "shared", name: "X", markdown: "" }, "created");

  expect((await into(uuid(1))).errors).toMatchObject(CONFLICT);
  expect((await into(uuid(2))).payload).toEqual({ created: true });
});

test("Of many projects into which one id is stored at the same moment exactly one gets it, whole, and no other is left behind.", async () => {
  const { key } = await server.addUser();
  const all = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      mutate(
        server,
        key,
        "saveSession",
        { id: uuid(1), projectId: `race ${index}`, name: `N${index}`, markdown: `moved ${index}` },
        "created session { projectId }",
      ),
    ),
  );
  const winners = all.filter(({ payload }) => payload !== null);
  const state = await read(server, key, STATE);
  const projectId: string = winners[0]?.payload.session.projectId;
  const number = projectId.slice("race ".length);

  expect(winners).toHaveLength(1);
  expect(all.flatMap(({ errors }) => errors.map(({ reason }) => reason))).toEqual(Array(11).fill("RESOURCE_CONFLICT"));
  expect(state).toEqual({
    projects: [{ id: projectId, sessionCount: 1, lastActivity: server.clock.now().toISOString() }],
    sessions: [{ id: uuid(1), projectId, name: `N${number}`, markdownContent: `moved ${number}` }],
    viewer: { storedBytes: `moved ${number}`.length },
    searchSessions: { total: 1 },
  });
});
