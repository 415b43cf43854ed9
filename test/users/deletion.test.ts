import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { change, createProject, invite, mutate, read, run, save, share, uuid } from "../support/actions.js";
import { deedsOf, entriesOf } from "../support/audit.js";
import { credentialsOf } from "../support/credentials.js";
import { addSessionRows } from "../support/rest.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

let server: TestServer;
let admin: TestUser;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_AUTH_FAILURES: "1000/1m", RATE_LIMIT_GRAPHQL: "100000/1h" });
  admin = await server.addUser();
});
afterAll(() => server.close());

const PAYLOAD = `isDeleted sharedProjectCount membershipCount invitationCount
  user { id email storedBytes projectCount sessionCount keyCount deviceCount }`;
const remove = (id: string, confirm: boolean) => change(server, admin.key, "deleteUser", { id, confirm }, PAYLOAD);

/** A user with some of everything, and what deleteUser is to tell of it. */
async function addRichUser() {
  const [user, member] = [await server.addUser(), await server.addUser()];
  for (const id of ["shared", "private"]) await createProject(server, user.key, { id });
  await share(server, user.key, "shared", member.email, "EDITOR");
  await invite(server, user.key, { projectId: "shared", email: "nobody@example.com", role: "VIEWER" });
  await save(server, user.key, { id: uuid(1), projectId: "shared", markdown: "12345" });
  await save(server, member.key, { id: uuid(2), projectId: "shared", markdown: "123" });
  await createProject(server, member.key, { id: "of member" });
  await share(server, member.key, "of member", user.email, "EDITOR");
  await save(server, user.key, { id: uuid(3), projectId: "of member", markdown: "stays" });
  await createProject(server, member.key, { id: "offered" });
  await invite(server, member.key, { projectId: "offered", email: user.email, role: "VIEWER" });
  const { addKey, addDevice, revoke } = credentialsOf(server);
  await addDevice(user.key);
  await revoke(user.key, (await addKey(user.key)).id);
  const account = { id: user.id, email: user.email, storedBytes: 8, projectCount: 2, sessionCount: 2, keyCount: 1, deviceCount: 1 };
  return { user, member, told: { sharedProjectCount: 1, membershipCount: 1, invitationCount: 1, user: account } };
}

test("Without confirmation deleteUser says what would go, and deletes, locks and records nothing.", async () => {
  const { user, told } = await addRichUser();
  const entries = await deedsOf(server, admin.key, async () => {
    expect(await remove(user.id, false)).toEqual({ isDeleted: false, ...told });
  });

  expect(entries).toEqual([]);
  expect(await read(server, user.key, "{ viewer { storedBytes } sessions { id } }")).toMatchObject({ viewer: { storedBytes: 8 } });
});

test("With confirmation the user goes with everything, and what the user stored with others stays.", async () => {
  const { user, member, told } = await addRichUser();
  const entries = await deedsOf(server, admin.key, async () => {
    expect(await remove(user.id, true)).toEqual({ isDeleted: true, ...told });
  });
  const { data } = await run(server, member.key, `{ projects { id members { role } } sessions { id } project(id: "shared") { id } }`);

  expect((await server.query(user.key, "{ viewer { id } }")).status).toBe(401);
  expect(data).toEqual({
    projects: expect.arrayContaining([
      { id: "of member", members: [] },
      { id: "offered", members: [] },
    ]),
    sessions: [{ id: uuid(3) }],
    project: null,
  });
  const of = { userId: user.id, email: user.email };
  expect(entries.map(({ action, ownerId, projectId, details }) => ({ action, ownerId, projectId, details }))).toEqual([
    { action: "USER_LOCKED", ownerId: user.id, projectId: null, details: of },
    { action: "SESSIONS_DELETED", ownerId: user.id, projectId: null, details: { ...of, sessions: 2, projects: 2 } },
    { action: "MEMBER_REMOVED", ownerId: member.id, projectId: "of member", details: { email: user.email } },
    {
      ...{ action: "USER_DELETED", ownerId: user.id, projectId: null },
      details: { ...of, projects: 2, sessions: 2, storedBytes: 8, keys: 1, devices: 1, memberships: 1, invitations: 1 },
    },
  ]);
  for (const { actorEmail } of entries) expect(actorEmail).toBe(admin.email);
  const { project, apiKey, deviceCode, user: users } = server.prisma;
  const left = [
    project.count({ where: { ownerId: user.id } }),
    apiKey.count({ where: { userId: user.id } }),
    deviceCode.count({ where: { userId: user.id } }),
    users.count({ where: { id: user.id } }),
    server.prisma.invitation.count({ where: { email: user.email } }),
  ];
  expect(await Promise.all(left)).toEqual([0, 0, 0, 0, 0]);
});

test("A second deletion is NOT_FOUND, also when several come at once, and the address is free again.", async () => {
  const { user } = await addRichUser();
  const ask = () => mutate(server, admin.key, "deleteUser", { id: user.id, confirm: true }, "isDeleted");
  const all = await Promise.all([ask(), ask(), ask(), ask()]);

  expect(all.filter(({ payload }) => payload !== null)).toHaveLength(1);
  for (const { errors } of all) expect(errors.map(({ reason }) => reason)).toEqual(errors.length === 0 ? [] : ["RESOURCE_NOT_FOUND"]);
  await change(server, admin.key, "createUser", { email: user.email }, "user { id }");
});

test("A user with many sessions goes in parts; a deletion that breaks off leaves a locked user, and is gone on with.", async () => {
  const user = await server.addUser();
  for (const id of ["small", "large"]) await createProject(server, user.key, { id });
  await addSessionRows(server, "large", 1, 1_300);
  await server.prisma.$executeRaw`
    CREATE FUNCTION "keepLast"() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM 1 / CASE WHEN OLD."id" = '00000000-0000-4000-8000-000000001300' THEN 0 ELSE 1 END; RETURN OLD; END $$`;
  await server.prisma.$executeRaw`CREATE TRIGGER keep BEFORE DELETE ON "Session" FOR EACH ROW EXECUTE FUNCTION "keepLast"()`;
  const broken = await mutate(server, admin.key, "deleteUser", { id: user.id, confirm: true }, PAYLOAD);
  await server.prisma.$executeRaw`DROP FUNCTION "keepLast" CASCADE`;
  const [grown] = await entriesOf(server, admin.key, { action: "SESSIONS_DELETED" });

  expect(broken.errors).toMatchObject([{ reason: "INTERNAL_ERROR" }]);
  expect(server.takeLog()).toHaveLength(1);
  expect(await server.prisma.session.count({ where: { ownerId: user.id } })).toBe(300);
  expect(grown).toMatchObject({ ownerId: user.id, details: { sessions: 1_000, projects: 1 } });
  expect((await server.query(user.key, "{ viewer { id } }")).body.errors[0].extensions.reason).toBe("ACCOUNT_LOCKED");

  const statements = await server.statementsOf(async () => {
    expect(await remove(user.id, true)).toMatchObject({ isDeleted: true, user: { projectCount: 1, sessionCount: 300 } });
  });
  expect(statements.length).toBeLessThan(30);
  expect(await server.prisma.session.count({ where: { ownerId: user.id } })).toBe(0);
});

test("The parts of one deletion are one entry, which counts what has gone with each of them.", async () => {
  const owner = await server.addUser();
  await createProject(server, owner.key, { id: "parts" });
  await addSessionRows(server, "parts", 5_001, 1_100);
  const entries = await deedsOf(server, admin.key, () => change(server, owner.key, "deleteProject", { id: "parts" }, "deletedAt"));

  expect(entries.map(({ action, projectId, details }) => [action, projectId, details])).toEqual([
    ["SESSIONS_DELETED", "parts", { sessions: 1_100 }],
    ["PROJECT_DELETED", "parts", { sessions: 1_100 }],
  ]);
});

test("Uploads of the user and of members that meet the deletion end cleanly, and leave nothing behind.", async () => {
  for (let round = 0; round < 4; round += 1) {
    const { user, member } = await addRichUser();
    const upload = (key: string, number: number, projectId: string) =>
      mutate(server, key, "saveSession", { id: uuid(number), projectId, name: "X", markdown: "x".repeat(20) }, "created");
    const uploads = Array.from({ length: 8 }, (_, index) => [
      upload(user.key, 100 + index, index % 2 === 0 ? "shared" : `new${index}`),
      upload(member.key, 200 + index, "shared"),
    ]).flat();
    const [deletion, ...answers] = await Promise.all([
      mutate(server, admin.key, "deleteUser", { id: user.id, confirm: true }, "isDeleted"),
      ...uploads,
    ]);

    expect(deletion).toEqual({ payload: { isDeleted: true }, errors: [] });
    for (const { errors } of answers) {
      for (const { reason } of errors) expect(["ACCOUNT_LOCKED", "INVALID_TOKEN", "RESOURCE_CONFLICT"]).toContain(reason);
    }
    expect(await server.prisma.session.count({ where: { ownerId: user.id } })).toBe(0);
    const { viewer, sessions } = await read(server, member.key, "{ viewer { storedBytes } sessions { markdownSize } }");
    expect(viewer.storedBytes).toBe(sessions.reduce((sum: number, { markdownSize }: { markdownSize: number }) => sum + markdownSize, 0));
  }
});

test("A user who is unlocked while being deleted stays, without what has gone.", async () => {
  const { user } = await addRichUser();
  await server.prisma.$executeRaw`
    CREATE FUNCTION "unlock"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE "User" SET "lockedAt" = NULL; RETURN OLD; END $$`;
  await server.prisma.$executeRaw`CREATE TRIGGER unlocking AFTER DELETE ON "Project" FOR EACH STATEMENT EXECUTE FUNCTION "unlock"()`;
  const { errors } = await mutate(server, admin.key, "deleteUser", { id: user.id, confirm: true }, "isDeleted");
  await server.prisma.$executeRaw`DROP FUNCTION "unlock" CASCADE`;

  expect(errors).toMatchObject([{ reason: "RESOURCE_CONFLICT", userId: user.id }]);
  expect(await read(server, user.key, "{ viewer { id } projects { id } }")).toEqual({ viewer: { id: user.id }, projects: [] });
});
