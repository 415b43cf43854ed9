import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { change, mutate, read, run } from "../support/actions.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

let server: TestServer;
let user: TestUser;
let other: TestUser;
beforeAll(async () => {
  server = await startTestServer();
  user = await server.addUser();
  other = await server.addUser();
});
afterAll(() => server.close());

type Key = { id: string; name: string; lastUsedAt: string | null; revokedAt: string | null };
const keysOf = async (key: string): Promise<Key[]> =>
  (await read(server, key, `{ viewer { apiKeys { id name lastUsedAt revokedAt } } }`)).viewer.apiKeys;
const add = (name: string, scopes: string[]) =>
  change(server, user.key, "createApiKey", { name, scopes }, "key apiKey { id }") as Promise<{ key: string; apiKey: { id: string } }>;
const revoke = (key: string, id: string) => mutate(server, key, "revokeApiKey", { id }, "apiKey { id revokedAt }");

test("The own keys are listed, the newest first, the revoked ones too, and none of others.", async () => {
  server.clock.advance(1_000);
  const first = await add("first", ["PROJECTS_READ"]);
  server.clock.advance(1_000);
  await add("second", ["PROJECTS_READ"]);
  await revoke(user.key, first.apiKey.id);

  expect((await keysOf(user.key)).map(({ name, revokedAt }) => [name, revokedAt])).toEqual([
    ["second", null],
    ["first", server.clock.now().toISOString()],
    ["test", null],
  ]);
  expect((await keysOf(other.key)).map(({ name }) => name)).toEqual(["test"]);
});

test("Without keys:manage the viewer's keys fail alone.", async () => {
  const key = await server.addKey(user, ["projects:read"]);
  const { data, errors } = await run(server, key, `{ viewer { id apiKeys { id } } }`);

  expect(data).toEqual({ viewer: { id: user.id, apiKeys: null } });
  expect(errors).toMatchObject([{ path: ["viewer", "apiKeys"], reason: "INSUFFICIENT_SCOPE", requiredScope: "keys:manage" }]);
});

test("Keys are made and revoked with keys:manage or admin, and with no other scope.", async () => {
  const key = await server.addKey(user, ["projects:read", "projects:write", "sessions:read", "sessions:write"]);
  const needsManage = [{ code: "FORBIDDEN", reason: "INSUFFICIENT_SCOPE", requiredScope: "keys:manage" }];
  const { apiKey } = await add("wanted", ["PROJECTS_READ"]);

  expect((await revoke(key, apiKey.id)).errors).toMatchObject(needsManage);
  expect((await mutate(server, key, "createApiKey", { name: "X", scopes: ["PROJECTS_READ"] }, "key")).errors).toMatchObject(needsManage);
});

test("A revoked key stops working at once, and revoking it again changes nothing.", async () => {
  const { key, apiKey } = await add("short", ["PROJECTS_READ"]);
  const before = await server.query(key, `{ projects { id } }`);
  const first = await revoke(user.key, apiKey.id);
  const after = await server.query(key, `{ projects { id } }`);
  server.clock.advance(5_000);
  const second = await revoke(user.key, apiKey.id);

  expect([before.status, after.status]).toEqual([200, 401]);
  expect(after.body.errors[0].extensions).toMatchObject({ code: "UNAUTHENTICATED", reason: "INVALID_TOKEN" });
  expect(first.payload.apiKey.revokedAt).not.toBeNull();
  expect(second.payload).toEqual(first.payload);
});

test("A key may revoke itself.", async () => {
  const { key, apiKey } = await add("suicidal", ["KEYS_MANAGE"]);

  expect((await revoke(key, apiKey.id)).errors).toEqual([]);
  expect((await server.query(key, `{ viewer { id } }`)).status).toBe(401);
});

test("Another user's key is FORBIDDEN to revoke without admin, and stays; with admin it is revoked.", async () => {
  const { key: victim, apiKey } = await add("victim", ["PROJECTS_READ"]);
  const manager = await server.addKey(other, ["keys:manage"]);
  const denied = await revoke(manager, apiKey.id);
  const still = await server.query(victim, `{ projects { id } }`);
  const admin = await server.addKey(other, ["admin"]);
  const allowed = await revoke(admin, apiKey.id);

  expect(denied.errors).toMatchObject([{ code: "FORBIDDEN", reason: "ACCESS_DENIED", apiKeyId: apiKey.id }]);
  expect(still.status).toBe(200);
  expect(allowed.errors).toEqual([]);
  expect((await server.query(victim, `{ projects { id } }`)).status).toBe(401);
});

test("An unknown key is NOT_FOUND, and an id that is no UUID a VALIDATION_ERROR.", async () => {
  const id = "00000000-0000-4000-8000-000000000000";

  expect((await revoke(user.key, id)).errors).toMatchObject([{ reason: "RESOURCE_NOT_FOUND", apiKeyId: id }]);
  for (const bad of ["", "x", user.key, "\u0000"]) {
    expect((await revoke(user.key, bad)).errors).toMatchObject([{ code: "VALIDATION_ERROR", fields: [{ path: ["input", "id"] }] }]);
  }
});
