import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { change, createProject, invite, mutate, save, share, uuid } from "../support/actions.js";
import { deedsOf, type Entry } from "../support/audit.js";
import { credentialsOf } from "../support/credentials.js";
import { putBody, restClient } from "../support/rest.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

let server: TestServer;
let admin: TestUser;
let owner: TestUser;
let member: TestUser;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_GRAPHQL: "100000/1h", RATE_LIMIT_AUTH_FAILURES: "1000/1m" });
  admin = await server.addUser("admin@example.com");
});
afterAll(() => server.close());

async function addPeople(): Promise<void> {
  [owner, member] = [await server.addUser(undefined, undefined, "100000/1h"), await server.addUser()];
}

const deeds = (run: () => Promise<unknown>) => deedsOf(server, admin.key, run);
const actionsOf = (entries: readonly Entry[]) => entries.map(({ action }) => action);
const keyIdOf = async ({ id }: TestUser) => (await server.services.apiKeys.list(id, { limit: 1, offset: 0 }))[0]?.id;

test("Projects: making, changing and deleting one is recorded, with who did it and whose it is.", async () => {
  await addPeople();
  const entries = await deeds(async () => {
    await createProject(server, owner.key, { id: "p" });
    await share(server, owner.key, "p", member.email, "EDITOR");
    await change(server, member.key, "updateProject", { id: "p", name: "Other", color: "rose" }, "project { id }");
    await save(server, owner.key, { id: uuid(1), projectId: "p" });
    await change(server, owner.key, "deleteProject", { id: "p" }, "deletedAt");
  });

  expect(actionsOf(entries)).toEqual([
    ...["PROJECT_CREATED", "MEMBER_INVITED", "MEMBER_JOINED", "PROJECT_CHANGED", "SESSION_CREATED", "PROJECT_DELETED"],
  ]);
  for (const entry of entries) expect(entry).toMatchObject({ ownerId: owner.id, projectId: "p", at: server.clock.now().toISOString() });
  expect(entries[0]).toMatchObject({ actorEmail: owner.email, keyId: await keyIdOf(owner), sessionId: null, details: {} });
  expect(entries[1]).toMatchObject({ actorEmail: owner.email, details: { email: member.email, role: "EDITOR" } });
  expect(entries[2]).toMatchObject({ actorEmail: member.email, details: { role: "EDITOR" } });
  expect(entries[3]).toMatchObject({ actorEmail: member.email, keyId: await keyIdOf(member), details: { changed: ["name", "color"] } });
  expect(entries[4]).toMatchObject({ sessionId: uuid(1) });
  expect(entries[5]).toMatchObject({ details: { sessions: 1 } });
});

test("An export is recorded before its first byte, as an entry of the user's account.", async () => {
  await addPeople();
  const entries = await deeds(async () => {
    expect((await restClient(server, owner.key).get("/export")).status).toBe(200);
  });

  expect(entries).toMatchObject([{ action: "USER_EXPORTED", actorEmail: owner.email, ownerId: owner.id, projectId: null, details: {} }]);
});

test("A backup is recorded before its first byte, as an entry for admins only.", async () => {
  const entries = await deeds(async () => {
    expect((await restClient(server, admin.key).post("/admin/backup", {})).status).toBe(200);
  });

  expect(entries).toMatchObject([{ action: "BACKUP_MADE", actorEmail: admin.email, ownerId: null, projectId: null, details: {} }]);
});

test("Sessions: storing, replacing and deleting one is recorded, on both surfaces, with its project if that is new.", async () => {
  await addPeople();
  const { put, delete: remove } = restClient(server, owner.key);
  const entries = await deeds(async () => {
    await save(server, owner.key, { id: uuid(2), projectId: "new" });
    await save(server, owner.key, { id: uuid(2), projectId: "new", markdown: "Another" });
    await put(`/projects/rest/sessions/${uuid(3)}`, putBody());
    await put(`/projects/rest/sessions/${uuid(3)}`, putBody({ markdown: "Another" }));
    await remove(`/projects/rest/sessions/${uuid(3)}`);
    await change(server, owner.key, "deleteSession", { id: uuid(2) }, "id");
  });

  expect(entries.map(({ action, projectId, sessionId }) => [action, projectId, sessionId])).toEqual([
    ["PROJECT_CREATED", "new", null],
    ["SESSION_CREATED", "new", uuid(2)],
    ["SESSION_CHANGED", "new", uuid(2)],
    ["PROJECT_CREATED", "rest", null],
    ["SESSION_CREATED", "rest", uuid(3)],
    ["SESSION_CHANGED", "rest", uuid(3)],
    ["SESSION_DELETED", "rest", uuid(3)],
    ["SESSION_DELETED", "new", uuid(2)],
  ]);
  for (const { actorEmail, ownerId } of entries) expect([actorEmail, ownerId]).toEqual([owner.email, owner.id]);
});

test("What an editor stores in a shared project is an entry of its owner that names the editor.", async () => {
  await addPeople();
  await createProject(server, owner.key, { id: "shared" });
  await share(server, owner.key, "shared", member.email, "EDITOR");
  const entries = await deeds(async () => {
    await save(server, member.key, { id: uuid(4), projectId: "shared" });
    await change(server, member.key, "deleteSession", { id: uuid(4) }, "id");
  });

  expect(actionsOf(entries)).toEqual(["SESSION_CREATED", "SESSION_DELETED"]);
  for (const { actorEmail, ownerId } of entries) expect([actorEmail, ownerId]).toEqual([member.email, owner.id]);
});

test("Members: a new role, leaving, removing, withdrawing and declining are recorded; declining is no entry of who invited.", async () => {
  await addPeople();
  await createProject(server, owner.key, { id: "m" });
  const email = member.email;
  const entries = await deeds(async () => {
    await share(server, owner.key, "m", email, "VIEWER");
    await change(server, owner.key, "addProjectMember", { projectId: "m", email, role: "EDITOR" }, "member { role }");
    await change(server, member.key, "leaveProject", { projectId: "m", ownerId: owner.id }, "projectId");
    await invite(server, owner.key, { projectId: "m", email, role: "VIEWER" });
    await change(server, owner.key, "removeProjectMember", { projectId: "m", email }, "email");
    await share(server, owner.key, "m", email, "VIEWER");
    await change(server, owner.key, "removeProjectMember", { projectId: "m", email }, "email");
    const id = await invite(server, owner.key, { projectId: "m", email, role: "VIEWER" });
    await change(server, member.key, "declineInvitation", { id }, "id");
  });

  expect(entries.map(({ action, ownerId, details }) => [action, ownerId === owner.id ? "owner" : "member", details])).toEqual([
    ["MEMBER_INVITED", "owner", { email, role: "VIEWER" }],
    ["MEMBER_JOINED", "owner", { role: "VIEWER" }],
    ["MEMBER_CHANGED", "owner", { email, role: "EDITOR" }],
    ["MEMBER_LEFT", "owner", {}],
    ["MEMBER_INVITED", "owner", { email, role: "VIEWER" }],
    ["INVITATION_WITHDRAWN", "owner", { email }],
    ["MEMBER_INVITED", "owner", { email, role: "VIEWER" }],
    ["MEMBER_JOINED", "owner", { role: "VIEWER" }],
    ["MEMBER_REMOVED", "owner", { email }],
    ["MEMBER_INVITED", "owner", { email, role: "VIEWER" }],
    ["INVITATION_DECLINED", "member", { projectId: "m", projectOwnerId: owner.id }],
  ]);
});

test("Keys and devices: making, signing in, signing out and revoking is recorded, and one entry counts the children that end.", async () => {
  await addPeople();
  const { addKey, addDevice, createKey, signOut, revoke, addAccessToken } = credentialsOf(server);
  let made = { id: "", key: "" };
  const entries = await deeds(async () => {
    made = await addKey(owner.key);
    await createKey(made.key);
    const device = await addDevice(owner.key);
    await signOut(device);
    await addAccessToken(owner.key);
    await signOut(owner.key);
    await revoke(owner.key, made.id);
  });

  expect(actionsOf(entries)).toEqual([
    ...["KEY_CREATED", "KEY_CREATED", "DEVICE_CODE_CREATED", "DEVICE_SIGNED_IN", "DEVICE_SIGNED_OUT", "TOKENS_REVOKED", "KEY_REVOKED"],
  ]);
  expect(entries[0]).toMatchObject({ details: { apiKeyId: made.id, scopes: ["projects:read", "keys:manage"], expiresAt: null } });
  expect(entries[1]).toMatchObject({ keyId: made.id });
  expect(entries[3]?.details).toEqual({ apiKeyId: entries[4]?.details.apiKeyId });
  expect(entries[5]).toMatchObject({ details: { tokens: 1 } });
  expect(entries[6]).toMatchObject({ details: { apiKeyId: made.id, ended: 2 } });
  for (const { actorEmail, ownerId } of entries) expect([actorEmail, ownerId]).toEqual([owner.email, owner.id]);
});

test("Users: what an admin does is recorded, and so is what the command line does, as nobody's.", async () => {
  const entries = await deeds(async () => {
    const { user } = await change(server, admin.key, "createUser", { email: "new@example.com" }, "user { id }");
    await change(server, admin.key, "createApiKey", { name: "n", scopes: ["ADMIN"], userId: user.id }, "key");
    await change(server, admin.key, "lockUser", { id: user.id }, "user { id }");
    await change(server, admin.key, "unlockUser", { id: user.id }, "user { id }");
    await server.services.users.create("by-command@example.com");
  });

  expect(actionsOf(entries)).toEqual(["USER_CREATED", "KEY_CREATED", "USER_LOCKED", "USER_UNLOCKED", "USER_CREATED"]);
  expect(entries[0]?.details).toEqual({ userId: entries[0]?.ownerId, email: "new@example.com" });
  for (const { actorEmail } of entries.slice(0, 4)) expect(actorEmail).toBe(admin.email);
  expect(entries[4]).toMatchObject({ actorEmail: null, keyId: null, details: { email: "by-command@example.com" } });
});

test("What changes nothing is not recorded: the same version, the same looks and role, what has ended or failed.", async () => {
  await addPeople();
  await createProject(server, owner.key, { id: "same", name: "Same" });
  await save(server, owner.key, { id: uuid(5), projectId: "same" });
  await share(server, owner.key, "same", member.email, "VIEWER");
  const { addKey, revoke } = credentialsOf(server);
  const made = await addKey(owner.key);
  await revoke(owner.key, made.id);
  const entries = await deeds(async () => {
    await save(server, owner.key, { id: uuid(5), projectId: "same" });
    await restClient(server, owner.key).put(`/projects/same/sessions/${uuid(5)}`, putBody());
    await change(server, owner.key, "updateProject", { id: "same", name: "Same" }, "project { id }");
    await change(server, owner.key, "addProjectMember", { projectId: "same", email: member.email, role: "VIEWER" }, "member { role }");
    await revoke(owner.key, made.id);
    await mutate(server, owner.key, "createProject", { id: "same", name: "Again" }, "project { id }");
    await mutate(server, member.key, "saveSession", { id: uuid(6), projectId: "same", name: "X", markdown: "X" }, "created");
    await mutate(server, owner.key, "saveSession", { id: uuid(5), projectId: "other", name: "X", markdown: "X" }, "created");
    await mutate(server, owner.key, "deleteSession", { id: uuid(7) }, "id");
    await mutate(server, owner.key, "acceptInvitation", { id: uuid(8) }, "role");
  });

  expect(entries).toEqual([]);
});

test("A deed that fails at its end leaves no entry: it is undone with the deed.", async () => {
  await addPeople();
  await server.prisma.$executeRaw`
    CREATE FUNCTION "fail"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$`;
  await server.prisma
    .$executeRaw`CREATE CONSTRAINT TRIGGER broken AFTER INSERT ON "Session" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "fail"()`;
  const entries = await deeds(() =>
    mutate(server, owner.key, "saveSession", { id: uuid(9), projectId: "broken", name: "X", markdown: "X" }, "created"),
  );
  await server.prisma.$executeRaw`DROP FUNCTION "fail" CASCADE`;

  expect(server.takeLog()).toHaveLength(1);
  expect(entries).toEqual([]);
});

test("Without the audit log nothing is done: a deed whose entry cannot be stored is undone.", async () => {
  await addPeople();
  await createProject(server, owner.key, { id: "kept", name: "Kept" });
  await server.prisma.$executeRaw`ALTER TABLE "AuditEntry" RENAME TO "AuditAway"`;
  await mutate(server, owner.key, "saveSession", { id: uuid(10), projectId: "kept", name: "X", markdown: "X" }, "created");
  await mutate(server, owner.key, "deleteProject", { id: "kept" }, "deletedAt");
  await mutate(server, owner.key, "createApiKey", { name: "n", scopes: ["ADMIN"] }, "key");
  await server.prisma.$executeRaw`ALTER TABLE "AuditAway" RENAME TO "AuditEntry"`;

  expect(server.takeLog()).toHaveLength(3);
  expect(await server.prisma.project.count({ where: { ownerId: owner.id } })).toBe(1);
  expect(await server.prisma.session.count({ where: { ownerId: owner.id } })).toBe(0);
  expect(await server.prisma.apiKey.count({ where: { userId: owner.id } })).toBe(1);
});

test("No entry holds content, names or secrets.", async () => {
  await addPeople();
  const secret = "secretword";
  const entries = await deeds(async () => {
    await createProject(server, owner.key, { id: "p", name: secret });
    await save(server, owner.key, {
      id: uuid(11),
      projectId: "p",
      name: secret,
      markdown: secret,
      rawData: secret,
      metadata: { title: secret },
    });
    await change(server, owner.key, "updateProject", { id: "p", name: `${secret} again` }, "project { id }");
    await change(server, owner.key, "createApiKey", { name: secret, scopes: ["PROJECTS_READ"] }, "key");
    await credentialsOf(server).addDevice(owner.key);
  });

  expect(entries.length).toBeGreaterThan(5);
  expect(JSON.stringify(entries)).not.toMatch(/secretword|bks_|[0-9a-f]{64}/);
});
