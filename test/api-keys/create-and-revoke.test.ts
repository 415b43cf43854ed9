import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { change, mutate, read, run } from "../support/actions.js";
import { startTestServer, type TestServer } from "../support/server.js";

const HOUR_MS = 3_600_000;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const KEY = "key apiKey { id name scopes rateLimit createdAt expiresAt lastUsedAt revokedAt }";

test("A new key shows its text once, and works with its scopes and no others.", async () => {
  const { key } = await server.addUser();
  const made = await change(server, key, "createApiKey", { name: "laptop", scopes: ["PROJECTS_READ"] }, KEY);

  expect(made.key).toMatch(/^bks_live_\w{43}$/);
  expect(made.apiKey).toMatchObject({
    name: "laptop",
    scopes: ["PROJECTS_READ"],
    rateLimit: null,
    expiresAt: null,
    lastUsedAt: null,
    revokedAt: null,
  });
  const { data, errors } = await run(server, made.key, "{ projects { id } sessions { id } }");
  expect(data).toEqual({ projects: [], sessions: null });
  expect(errors).toMatchObject([{ reason: "INSUFFICIENT_SCOPE", requiredScope: "sessions:read" }]);
});

test("The text of a key is stored nowhere.", async () => {
  const { key } = await server.addUser();
  const { key: text } = await change(server, key, "createApiKey", { name: "secret", scopes: ["PROJECTS_READ"] }, KEY);
  const rows = await server.prisma.apiKey.findMany();
  expect(rows.length).toBeGreaterThan(1);
  expect(JSON.stringify(rows)).not.toContain(text.slice("bks_live_".length));
});

test("A key cannot grant a scope that it lacks.", async () => {
  const user = await server.addUser();
  const key = await server.addKey(user, ["keys:manage", "projects:read"]);
  const { payload, errors } = await mutate(server, key, "createApiKey", { name: "more", scopes: ["PROJECTS_READ", "SESSIONS_READ"] }, KEY);
  expect(payload).toBeNull();
  expect(errors).toMatchObject([{ code: "FORBIDDEN", reason: "INSUFFICIENT_SCOPE", requiredScope: "sessions:read" }]);
});

test("Only admin makes keys for another user, and such a key acts for that user.", async () => {
  const user = await server.addUser();
  const other = await server.addUser();
  const manager = await server.addKey(user, ["keys:manage", "projects:read"]);
  const input = { name: "for them", scopes: ["PROJECTS_READ"], userId: other.id };

  expect((await mutate(server, manager, "createApiKey", input, KEY)).errors).toMatchObject([{ requiredScope: "admin" }]);
  const admin = await server.addKey(user, ["admin", "projects:read"]);
  const made = await change(server, admin, "createApiKey", input, KEY);
  expect(await read(server, made.key, "{ viewer { id } }")).toEqual({ viewer: { id: other.id } });
});

test("A key for a user who does not exist is NOT_FOUND.", async () => {
  const { key } = await server.addUser();
  const userId = "00000000-0000-4000-8000-000000000000";
  const { errors } = await mutate(server, key, "createApiKey", { name: "nobody", scopes: ["PROJECTS_READ"], userId }, KEY);
  expect(errors).toMatchObject([{ code: "NOT_FOUND", userId }]);
});

test("Every bad input of a new key is named at once.", async () => {
  const { key } = await server.addUser();
  const { errors } = await mutate(server, key, "createApiKey", { name: "", scopes: [], rateLimit: "many" }, KEY);
  expect(errors).toMatchObject([{ code: "VALIDATION_ERROR" }]);
  const fields = errors[0]?.fields as { path: string[] }[];
  expect(fields.map(({ path }) => path.join(".")).sort()).toEqual(["input.name", "input.rateLimit", "input.scopes"]);
});

test("A key cannot expire in the past, and one that expires stops then.", async () => {
  const { key } = await server.addUser();
  const at = (ms: number) => new Date(server.clock.now().getTime() + ms).toISOString();
  const past = await mutate(server, key, "createApiKey", { name: "late", scopes: ["PROJECTS_READ"], expiresAt: at(-1) }, KEY);
  expect(past.errors).toMatchObject([{ code: "VALIDATION_ERROR", fields: [{ path: ["input", "expiresAt"] }] }]);

  const made = await change(server, key, "createApiKey", { name: "short", scopes: ["PROJECTS_READ"], expiresAt: at(HOUR_MS) }, KEY);
  await read(server, made.key, "{ projects { id } }");
  server.clock.advance(HOUR_MS);
  expect((await server.query(made.key, "{ projects { id } }")).status).toBe(401);
});

test("A revoked key stops at once, is still listed, and revoking it again changes nothing.", async () => {
  const { key } = await server.addUser();
  const made = await change(server, key, "createApiKey", { name: "lost", scopes: ["PROJECTS_READ"] }, KEY);
  const revokedAt = server.clock.now().toISOString();
  await change(server, key, "revokeApiKey", { id: made.apiKey.id }, "apiKey { revokedAt }");

  const { status, body } = await server.query(made.key, "{ projects { id } }");
  expect([status, body.errors[0].extensions.reason]).toEqual([401, "INVALID_TOKEN"]);
  server.clock.advance(1_000);
  const again = await change(server, key, "revokeApiKey", { id: made.apiKey.id }, "apiKey { revokedAt }");
  expect(again.apiKey.revokedAt).toBe(revokedAt);
  const { viewer } = await read(server, key, "{ viewer { apiKeys { id revokedAt } } }");
  expect(viewer.apiKeys).toContainEqual({ id: made.apiKey.id, revokedAt });
});

test("Another user's key can be revoked with admin only.", async () => {
  const user = await server.addUser();
  const other = await server.addUser();
  const [theirs] = await server.prisma.apiKey.findMany({ where: { userId: other.id } });
  const input = { id: theirs?.id };

  const manager = await server.addKey(user, ["keys:manage"]);
  expect((await mutate(server, manager, "revokeApiKey", input, "apiKey { id }")).errors).toMatchObject([{ reason: "ACCESS_DENIED" }]);
  await change(server, await server.addKey(user, ["admin"]), "revokeApiKey", input, "apiKey { id }");
  expect((await server.query(other.key, "{ viewer { id } }")).status).toBe(401);
});

test("Keys are made, listed and revoked with keys:manage only.", async () => {
  const user = await server.addUser();
  const key = await server.addKey(user, ["projects:read"]);
  const lacking = [{ code: "FORBIDDEN", requiredScope: "keys:manage" }];

  expect((await mutate(server, key, "createApiKey", { name: "x", scopes: ["PROJECTS_READ"] }, KEY)).errors).toMatchObject(lacking);
  expect((await mutate(server, key, "revokeApiKey", { id: user.id }, "apiKey { id }")).errors).toMatchObject(lacking);
  const { data, errors } = await run(server, key, "{ viewer { id apiKeys { id } } }");
  expect(data).toEqual({ viewer: { id: user.id, apiKeys: null } });
  expect(errors).toMatchObject([{ ...lacking[0], path: ["viewer", "apiKeys"] }]);
});

test("With CONCEAL_FORBIDDEN another user's key is NOT_FOUND.", async () => {
  const concealing = await startTestServer({ CONCEAL_FORBIDDEN: "true" });
  const user = await concealing.addUser(undefined, ["keys:manage"]);
  const other = await concealing.addUser();
  const [theirs] = await concealing.prisma.apiKey.findMany({ where: { userId: other.id } });
  const { errors } = await mutate(concealing, user.key, "revokeApiKey", { id: theirs?.id }, "apiKey { id }");
  expect(errors).toMatchObject([{ code: "NOT_FOUND", apiKeyId: theirs?.id }]);
  await concealing.close();
});
