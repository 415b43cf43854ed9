import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { change, createProject, invite, mutate, read, run, save, share, uuid } from "../support/actions.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ QUOTA_STORAGE_BYTES: "1000" });
});
afterAll(() => server.close());

/** Stores many sessions of one byte. */
async function fill(projectId: string, ownerId: string, count: number): Promise<void> {
  await server.sql({
    text: `WITH p AS (UPDATE "Project" SET "sessionCount" = "sessionCount" + $3::int, "storedBytes" = "storedBytes" + $3::int WHERE "id" = $1 AND "ownerId" = $2::uuid RETURNING "key", "ownerId"),
      u AS (UPDATE "User" SET "storedBytes" = "storedBytes" + $3::int WHERE "id" = $2::uuid),
      s AS (INSERT INTO "Session" ("projectKey", "ownerId", "id", "name", "etag", "markdownSize", "rawDataSize", "sessionDataSize", "createdAt",
          "updatedAt", "gitBranches", "llmModels", "tags", "keywords", "markdownJsonSize")
        SELECT p."key", p."ownerId", gen_random_uuid(), 'n', 'e', 1, 0, 0, now(), now(), '{}', '{}', '{}', '{}', 3
        FROM p, generate_series(1, $3::int) RETURNING "key")
      INSERT INTO "SessionContent" ("sessionKey", "markdown", "rawData") SELECT "key", 'x', '' FROM s`,
    values: [projectId, ownerId, count],
  });
}

test("A project with many sessions is deleted in parts, so that no statement takes long; a broken deletion is gone on with.", async () => {
  const { key, id } = await server.addUser();
  await createProject(server, key, { id: "large", name: "Large" });
  await fill("large", id, 1_201);
  await server.prisma.$executeRaw`
    CREATE FUNCTION "keepLast"() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM 1 / CASE WHEN OLD."key" = (SELECT max("key") FROM "Session") THEN 0 ELSE 1 END; RETURN OLD; END $$`;
  await server.prisma.$executeRaw`CREATE TRIGGER keep BEFORE DELETE ON "Session" FOR EACH ROW EXECUTE FUNCTION "keepLast"()`;

  const broken = await server.query(key, 'mutation { deleteProject(input: { id: "large" }) { deletedAt } }');
  await server.prisma.$executeRaw`DROP FUNCTION "keepLast" CASCADE`;
  const left = await read(server, key, '{ project(id: "large") { sessionCount storedBytes } viewer { storedBytes } }');
  expect(broken.body.errors).toHaveLength(1);
  expect(server.takeLog()).toHaveLength(1);
  expect(left).toEqual({ project: { sessionCount: 201, storedBytes: 201 }, viewer: { storedBytes: 201 } });
  expect(await server.prisma.session.count({ where: { ownerId: id } })).toBe(201);

  await fill("large", id, 1_000);
  const gone = await change(server, key, "deleteProject", { id: "large" }, "deletedProject { sessionCount storedBytes }");
  expect(gone).toEqual({ deletedProject: { sessionCount: 1_201, storedBytes: 1_201 } });
  expect(await read(server, key, "{ projects { id } viewer { storedBytes } }")).toEqual({ projects: [], viewer: { storedBytes: 0 } });
  expect(await server.prisma.sessionContent.count()).toBe(0);
});

test("A deleted project is gone with its sessions, their content, their search entries, its members and invitations, and gives its bytes back.", async () => {
  const { key } = await server.addUser();
  const other = await server.addUser();
  await createProject(server, key, { id: "doomed", name: "Doomed", icon: "Bug" });
  await share(server, key, "doomed", other.email, "EDITOR");
  await invite(server, key, { projectId: "doomed", email: "invited@example.com", role: "VIEWER" });
  const content = { markdown: "zebra ".repeat(50), rawData: "r".repeat(300), sessionData: "s".repeat(100) };
  await save(server, key, { id: uuid(1), projectId: "doomed", ...content });
  await save(server, other.key, { id: uuid(2), projectId: "doomed", markdown: "zebra" });
  await save(server, key, { id: uuid(3), projectId: "kept", markdown: "zebra" });
  server.clock.advance(60_000);

  const gone = await change(
    server,
    key,
    "deleteProject",
    { id: "doomed" },
    "deletedAt deletedProject { id name icon sessionCount storedBytes sessions { id } members { role } }",
  );
  const { data, errors } = await run(
    server,
    key,
    `{ project(id: "doomed") { id } session(id: "${uuid(1)}") { id }
    projects { id } sessions { id } searchSessions(query: "zebra") { total } viewer { storedBytes } stats { totalSessions totalProjects } }`,
  );

  expect(gone).toEqual({
    deletedAt: server.clock.now().toISOString(),
    deletedProject: { id: "doomed", name: "Doomed", icon: "Bug", sessionCount: 2, storedBytes: 705, sessions: [], members: [] },
  });
  expect(errors.map(({ path, reason }) => [path[0], reason])).toEqual([
    ["project", "RESOURCE_NOT_FOUND"],
    ["session", "RESOURCE_NOT_FOUND"],
  ]);
  expect(data).toEqual({
    project: null,
    session: null,
    projects: [{ id: "kept" }],
    sessions: [{ id: uuid(3) }],
    searchSessions: { total: 1 },
    viewer: { storedBytes: 5 },
    stats: { totalSessions: 1, totalProjects: 1 },
  });
  const counts = [
    server.prisma.session.count(),
    server.prisma.sessionContent.count(),
    server.prisma.sessionSearch.count(),
    server.prisma.projectMember.count(),
    server.prisma.invitation.count(),
  ];
  expect(await Promise.all(counts)).toEqual([1, 1, 1, 0, 0]);
  expect((await save(server, key, { projectId: "doomed", markdown: "x".repeat(995) })).created).toBe(true);
});

test("A second deletion is NOT_FOUND, also when ten come at once.", async () => {
  const { key } = await server.addUser();
  await createProject(server, key, { id: "once" });

  const all = await Promise.all(Array.from({ length: 10 }, () => mutate(server, key, "deleteProject", { id: "once" }, "deletedAt")));

  expect(all.filter(({ payload }) => payload !== null)).toHaveLength(1);
  expect(all.flatMap(({ errors }) => errors.map(({ reason }) => reason))).toEqual(Array(9).fill("RESOURCE_NOT_FOUND"));
});

test("Changes that meet a deletion succeed or are NOT_FOUND, and never fail otherwise.", async () => {
  const { key } = await server.addUser();
  const member = await server.addUser();
  const reasons = new Set<unknown>();
  for (let round = 0; round < 8; round += 1) {
    await createProject(server, key, { id: "brief" });
    const met = await Promise.all([
      mutate(server, key, "deleteProject", { id: "brief" }, "deletedAt"),
      mutate(server, key, "updateProject", { id: "brief", name: "X" }, "project { id }"),
      mutate(server, key, "addProjectMember", { projectId: "brief", email: member.email, role: "VIEWER" }, "member { role }"),
      mutate(server, key, "updateProject", { id: "brief", icon: "Bug" }, "project { id }"),
    ]);
    for (const { payload, errors } of met) reasons.add(payload === null ? errors[0]?.reason : "done");
  }

  expect([...reasons].sort()).toEqual(["RESOURCE_NOT_FOUND", "done"]);
});

test("Sessions that are stored while their project is deleted are there or gone whole, and every byte that is billed is stored.", async () => {
  const { key, id } = await server.addUser();
  for (let round = 0; round < 5; round += 1) {
    const saves = Array.from({ length: 6 }, (_, index) =>
      mutate(server, key, "saveSession", { id: uuid(index), projectId: "busy", name: "X", markdown: "x".repeat(20) }, "created"),
    );
    const deletion = mutate(server, key, "deleteProject", { id: "busy" }, "deletedAt");
    for (const { payload, errors } of await Promise.all(saves)) expect([payload !== null, errors]).toEqual([true, []]);
    await deletion;
  }
  const sessions = await server.prisma.session.findMany({ where: { ownerId: id }, include: { content: true, search: true } });
  const { viewer, projects } = await read(server, key, `{ viewer { storedBytes } projects { sessionCount storedBytes } }`);

  expect(viewer.storedBytes).toBe(20 * sessions.length);
  const counted = { sessionCount: sessions.length, storedBytes: 20 * sessions.length };
  expect(projects).toEqual(sessions.length > 0 || projects.length > 0 ? [counted] : []);
  expect(sessions.every(({ content, search }) => content !== null && search !== null)).toBe(true);
});
