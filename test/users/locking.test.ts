import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Principal } from "../../src/core/auth/principal.js";
import { LongText } from "../../src/platform/long-text.js";
import { change, createProject, invite, mutate, read, run, save, share, uuid } from "../support/actions.js";
import { deedsOf } from "../support/audit.js";
import { credentialsOf } from "../support/credentials.js";
import { rejectionOf } from "../support/rejection.js";
import { restClient } from "../support/rest.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

let server: TestServer;
let admin: TestUser;
let credentials: ReturnType<typeof credentialsOf>;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_AUTH_FAILURES: "1000/1m", RATE_LIMIT_GRAPHQL: "100000/1h" });
  admin = await server.addUser();
  credentials = credentialsOf(server);
});
afterAll(() => server.close());

const USER = "user { id email lockedAt }";
const lock = (id: string, key = admin.key) => change(server, key, "lockUser", { id }, USER);
const unlock = (id: string) => change(server, admin.key, "unlockUser", { id }, USER);
const asksAs = (key: string) => server.query(key, "{ viewer { id } }");

test("A locked user's keys, access tokens and devices are answered ACCOUNT_LOCKED from the next request on, on both surfaces.", async () => {
  const user = await server.addUser();
  const device = await credentials.addDevice(user.key);
  const tokens = [user.key, await credentials.addAccessToken(user.key), await credentials.addAccessToken(device)];
  for (const token of tokens) expect(await credentials.works(token)).toBe(true);

  const locked = await lock(user.id);
  expect(locked).toEqual({ user: { id: user.id, email: user.email, lockedAt: server.clock.now().toISOString() } });

  for (const token of tokens) {
    const rest = await restClient(server, token).get("/projects");
    const graphql = await asksAs(token);
    expect(rejectionOf(graphql)).toMatchObject({ http: 401, code: "UNAUTHENTICATED", reason: "ACCOUNT_LOCKED" });
    expect(rest).toMatchObject({ status: 401, body: { error: { code: "ACCOUNT_LOCKED" } } });
    for (const { headers } of [rest, graphql]) expect(headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
  }
  for (const token of [user.key, device]) expect(await credentials.refreshes(token)).toBe(false);
});

test("A user whom another instance has locked is turned away at once.", async () => {
  const user = await server.addUser();
  expect((await asksAs(user.key)).status).toBe(200);
  await server.services.accounts.lock(user.id); // as another instance does it, of which this one hears nothing
  expect(rejectionOf(await asksAs(user.key))).toMatchObject({ http: 401, reason: "ACCOUNT_LOCKED" });
});

test("Unlocking gives back the keys and devices that were not revoked; nothing else has changed.", async () => {
  const user = await server.addUser();
  await save(server, user.key, { id: uuid(1), projectId: "kept" });
  const [device, revoked] = [await credentials.addDevice(user.key), await credentials.addKey(user.key)];
  await lock(user.id);
  await credentials.revoke(admin.key, revoked.id);

  expect((await unlock(user.id)).user.lockedAt).toBeNull();
  expect(await credentials.works(user.key)).toBe(true);
  expect(await credentials.refreshes(device)).toBe(true);
  expect(rejectionOf(await asksAs(revoked.key))).toMatchObject({ reason: "INVALID_TOKEN" });
  expect(await read(server, user.key, "{ sessions { id } }")).toEqual({ sessions: [{ id: uuid(1) }] });
});

test("A device code of a locked user is not let in, and is not used up; without a lock it works.", async () => {
  const user = await server.addUser();
  const code = await credentials.createCode(user.key);
  await lock(user.id);

  expect(await credentials.logIn(code)).toMatchObject({ status: 401, body: { error: { code: "ACCOUNT_LOCKED" } } });
  expect(await credentials.logIn("222222")).toMatchObject({ status: 401, body: { error: { code: "INVALID_CREDENTIALS" } } });
  expect(await server.prisma.apiKey.count({ where: { userId: user.id, kind: "DEVICE" } })).toBe(0);
  await unlock(user.id);
  expect(await credentials.logIn(code)).toMatchObject({ status: 200 });
});

test("A request that was let in before the lock makes no key, code, project or membership after it.", async () => {
  const user = await server.addUser();
  const [apiKey] = await server.services.apiKeys.list(user.id, { limit: 1, offset: 0 });
  await createProject(server, admin.key, { id: "offered" });
  const invitationId = await invite(server, admin.key, { projectId: "offered", email: user.email, role: "EDITOR" });
  const keyId = apiKey?.id ?? "";
  const principal: Principal = {
    ...{ userId: user.id, keyId, budgetId: keyId, expiresAt: null, rateLimit: null },
    kind: "API_KEY",
    scopes: new Set(["projects:read", "projects:write", "sessions:write", "keys:manage"]),
  };
  await lock(user.id);
  const { apiKeys, devices, projects, invitations, sessionWrites } = server.services;
  const session = { projectId: "late", name: "late", markdown: LongText.from("late") };

  await expect(apiKeys.createAs(principal, { name: "late", scopes: ["projects:read"] })).rejects.toMatchObject({
    reason: "ACCOUNT_LOCKED",
  });
  await expect(devices.createAs(principal)).rejects.toMatchObject({ reason: "ACCOUNT_LOCKED" });
  await expect(projects.create(principal, { name: "late", icon: "Bug", color: "rose" })).rejects.toMatchObject({
    reason: "RESOURCE_CONFLICT",
  });
  await expect(invitations.accept(principal, invitationId)).rejects.toMatchObject({ reason: "RESOURCE_NOT_FOUND" });
  await expect(sessionWrites.save(principal, session)).rejects.toMatchObject({ reason: "RESOURCE_CONFLICT" });
  expect(await server.prisma.project.count({ where: { ownerId: user.id } })).toBe(0);
});

test("What a locked user shared stays shared.", async () => {
  const [user, member] = [await server.addUser(), await server.addUser()];
  await createProject(server, user.key, { id: "shared" });
  await share(server, user.key, "shared", member.email, "EDITOR");
  await lock(user.id);

  expect((await save(server, member.key, { id: uuid(2), projectId: "shared" })).created).toBe(true);
});

test("Locking and unlocking again changes nothing, and is not recorded.", async () => {
  const user = await server.addUser();
  const entries = await deedsOf(server, admin.key, async () => {
    const first = await lock(user.id);
    server.clock.advance(1_000);
    expect(await lock(user.id)).toEqual(first);
    await unlock(user.id);
    await unlock(user.id);
  });

  expect(entries.map(({ action, details }) => [action, details])).toEqual([
    ["USER_LOCKED", { userId: user.id, email: user.email }],
    ["USER_UNLOCKED", { userId: user.id, email: user.email }],
  ]);
});

test.each(["lockUser", "unlockUser", "deleteUser"])("%s needs a user who exists, an id that is one, and the scope admin.", async (name) => {
  const user = await server.addUser();
  const keyWithout = await server.addKey(user, ["projects:read", "projects:write", "sessions:read", "sessions:write", "keys:manage"]);
  const ask = (key: string, id: string) => mutate(server, key, name, name === "deleteUser" ? { id, confirm: true } : { id }, "user { id }");

  expect((await ask(admin.key, uuid(77))).errors).toMatchObject([{ reason: "RESOURCE_NOT_FOUND", userId: uuid(77) }]);
  expect((await ask(admin.key, "x")).errors).toMatchObject([{ reason: "INVALID_PARAMETER", fields: [{ path: ["input", "id"] }] }]);
  expect((await ask(keyWithout, user.id)).errors).toMatchObject([{ reason: "INSUFFICIENT_SCOPE", requiredScope: "admin" }]);
  expect(await credentials.works(user.key)).toBe(true);
});

test.each([
  ["lockUser", {}],
  ["deleteUser", { confirm: true }],
  ["deleteUser", { confirm: false }],
])("Nobody may %s %j the own account, in whatever case its id is written.", async (name, more) => {
  for (const id of [admin.id, admin.id.toUpperCase()]) {
    const { errors } = await mutate(server, admin.key, name, { id, ...more }, "user { id }");
    expect(errors).toMatchObject([{ reason: "INVALID_PARAMETER", status: 422, fields: [{ path: ["input", "id"] }] }]);
  }
  expect(await credentials.works(admin.key)).toBe(true);
});

test("The last user with a working admin key is neither locked nor deleted, also where two admins lock each other at once.", async () => {
  const alone = await startTestServer();
  const [one, two] = [await alone.addUser(), await alone.addUser()];
  const of = (key: string, id: string) => mutate(alone, key, "lockUser", { id }, "user { id }");
  const both = await Promise.all([of(one.key, two.id), of(two.key, one.id)]);
  const left = both[0].payload === null ? two : one;
  const { accounts } = alone.services;

  expect(both.filter(({ payload }) => payload !== null)).toHaveLength(1);
  expect(both.flatMap(({ errors }) => errors)).toMatchObject([{ code: "CONFLICT", reason: "RESOURCE_CONFLICT", userId: left.id }]);
  for (const act of [accounts.lock, accounts.foretell, accounts.remove]) {
    await expect(act(left.id)).rejects.toMatchObject({ reason: "RESOURCE_CONFLICT" });
  }
  await alone.services.apiKeys.create({ userId: (await alone.addUser(undefined, ["projects:read"])).id, name: "x", scopes: ["admin"] });
  expect(await accounts.lock(left.id)).toMatchObject({ lockedAt: alone.clock.now() });
  await alone.close();
});

test("Users are listed for admins, the oldest first, with what each has; a page at a time.", async () => {
  const listed = await startTestServer();
  const [first, second] = [
    await listed.addUser(),
    await listed.addUser("second@example.com", ["projects:read", "sessions:read", "sessions:write"]),
  ];
  listed.clock.advance(1_000);
  const third = await listed.addUser();
  await save(listed, second.key, { id: uuid(1), projectId: "a", markdown: "12345" });
  await save(listed, second.key, { id: uuid(2), projectId: "b", markdown: "123" });
  await credentialsOf(listed).addDevice(second.key);
  await listed.services.accounts.lock(third.id);
  const FIELDS = "id email createdAt lockedAt storedBytes projectCount sessionCount keyCount deviceCount";
  const { users } = await read(listed, first.key, `{ users { ${FIELDS} } }`);
  const ids = users.map(({ id }: { id: string }) => id);

  expect(ids).toEqual([...[first.id, second.id].sort(), third.id]);
  expect(users.find(({ id }: { id: string }) => id === second.id)).toMatchObject({
    ...{ email: "second@example.com", lockedAt: null, storedBytes: 8, projectCount: 2, sessionCount: 2, keyCount: 1, deviceCount: 1 },
  });
  expect(users[2]).toMatchObject({
    lockedAt: listed.clock.now().toISOString(),
    storedBytes: 0,
    projectCount: 0,
    keyCount: 1,
    deviceCount: 0,
  });
  const statements = await listed.everyStatementOf(() => read(listed, first.key, `{ users { ${FIELDS} } }`));
  expect(statements.filter((sql) => sql.includes('"Project"'))).toHaveLength(1);
  expect((await read(listed, first.key, "{ users(limit: 1, offset: 1) { id } }")).users).toEqual([{ id: ids[1] }]);
  expect((await run(listed, first.key, "{ users(limit: 201) { id } }")).errors).toMatchObject([{ reason: "INVALID_PARAMETER" }]);
  expect((await run(listed, second.key, "{ users { id } }")).errors).toMatchObject([{ requiredScope: "admin" }]);
  await listed.close();
});
