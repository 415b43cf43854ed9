import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { change, mutate, read } from "../support/actions.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

let server: TestServer;
let user: TestUser;
beforeAll(async () => {
  server = await startTestServer();
  user = await server.addUser();
});
afterAll(() => server.close());

const FIELDS = "id userId name scopes rateLimit createdAt expiresAt lastUsedAt revokedAt";
const create = (key: string, input: object, selection = `key apiKey { ${FIELDS} }`) =>
  mutate(server, key, "createApiKey", { name: "New", scopes: ["PROJECTS_READ"], ...input }, selection);

test("A new key is shown once, works, and is then listed without its text, which is stored as a hash only.", async () => {
  const expiresAt = new Date(server.clock.now().getTime() + 60_000).toISOString();
  const { payload } = await create(user.key, {
    name: "CI",
    scopes: ["PROJECTS_READ", "SESSIONS_READ", "PROJECTS_READ"],
    expiresAt,
    rateLimit: "100/1h,10/1m",
  });
  const { key, apiKey } = payload;
  const { viewer } = await read(server, user.key, `{ viewer { apiKeys { ${FIELDS} } } }`);
  const rows = await server.prisma.apiKey.findMany();

  expect(key).toMatch(/^bks_live_[0-9A-Za-z]{43}$/);
  expect(apiKey).toEqual({
    id: apiKey.id,
    userId: user.id,
    name: "CI",
    scopes: ["PROJECTS_READ", "SESSIONS_READ"],
    rateLimit: "100/1h,10/1m",
    createdAt: server.clock.now().toISOString(),
    expiresAt,
    lastUsedAt: null,
    revokedAt: null,
  });
  expect(viewer.apiKeys).toContainEqual(apiKey);
  expect(JSON.stringify(rows)).not.toContain(key);
  expect(JSON.stringify(viewer)).not.toContain(key.slice(9));
  expect((await server.query(key, `{ projects { id } }`)).body.data).toEqual({ projects: [] });
});

test("A key stops working at the moment it expires.", async () => {
  const expiresAt = new Date(server.clock.now().getTime() + 1_000).toISOString();
  const { key } = (await create(user.key, { expiresAt })).payload;
  server.clock.advance(999);
  const before = await server.query(key, `{ projects { id } }`);
  server.clock.advance(1);
  const after = await server.query(key, `{ projects { id } }`);

  expect([before.status, after.status]).toEqual([200, 401]);
  expect(after.body.errors[0].extensions.reason).toBe("INVALID_TOKEN");
});

test("No key grants a scope that it lacks itself: FORBIDDEN, naming the scope.", async () => {
  const manager = await server.addKey(user, ["keys:manage", "projects:read"]);

  expect((await create(manager, { scopes: ["PROJECTS_READ", "KEYS_MANAGE"] })).errors).toEqual([]);
  for (const [scope, requiredScope] of [
    ["SESSIONS_READ", "sessions:read"],
    ["PROJECTS_WRITE", "projects:write"],
    ["ADMIN", "admin"],
  ]) {
    const { payload, errors } = await create(manager, { scopes: ["PROJECTS_READ", scope] });
    expect(payload).toBeNull();
    expect(errors).toMatchObject([{ code: "FORBIDDEN", reason: "INSUFFICIENT_SCOPE", requiredScope }]);
  }
});

test("Nor does a key with admin, for its own user or for another: it makes keys only with its own scopes.", async () => {
  const other = await server.addUser();
  const admin = await server.addKey(user, ["admin", "projects:read"]);

  for (const userId of [user.id, other.id]) {
    expect((await create(admin, { userId, scopes: ["PROJECTS_READ", "ADMIN"] })).errors).toEqual([]);
    const { payload, errors } = await create(admin, { userId, scopes: ["PROJECTS_READ", "SESSIONS_WRITE"] });
    expect(payload).toBeNull();
    expect(errors).toMatchObject([{ code: "FORBIDDEN", reason: "INSUFFICIENT_SCOPE", requiredScope: "sessions:write" }]);
  }
});

test("A key for another user needs admin, and an unknown user is NOT_FOUND.", async () => {
  const other = await server.addUser();
  const manager = await server.addKey(user, ["keys:manage", "projects:read"]);
  const unknown = "00000000-0000-4000-8000-000000000000";

  expect((await create(manager, { userId: user.id })).errors).toEqual([]);
  expect((await create(manager, { userId: other.id })).errors).toMatchObject([{ reason: "INSUFFICIENT_SCOPE", requiredScope: "admin" }]);
  expect((await create(user.key, { userId: other.id })).payload.apiKey).toMatchObject({ userId: other.id });
  expect((await create(user.key, { userId: unknown })).errors).toMatchObject([{ reason: "RESOURCE_NOT_FOUND", userId: unknown }]);
});

test("All bad fields of a key are listed at once.", async () => {
  const now = server.clock.now().toISOString();
  const { payload, errors } = await create(user.key, { name: " ", scopes: [], expiresAt: now, rateLimit: "many" });

  expect(payload).toBeNull();
  expect((errors[0]?.fields as { path: string[] }[]).map(({ path }) => path.join("."))).toEqual([
    "input.name",
    "input.scopes",
    "input.expiresAt",
    "input.rateLimit",
  ]);
});

test.each(["", "0/1h", "-1/1h", "10", "10/1x", "10/0s", "10/1h,", "1e3/1h", "10/1h;5/1m", "١/1h"])(
  "The rate limit %j is a VALIDATION_ERROR.",
  async (rateLimit) => {
    expect((await create(user.key, { rateLimit })).errors).toMatchObject([
      { code: "VALIDATION_ERROR", fields: [{ path: ["input", "rateLimit"] }] },
    ]);
  },
);

test("A key's own limit replaces the default one.", async () => {
  const { key } = await change(server, user.key, "createApiKey", { name: "Slow", scopes: ["PROJECTS_READ"], rateLimit: "2/1h" }, "key");
  const statuses: number[] = [];
  for (let index = 0; index < 3; index += 1) statuses.push((await server.query(key, `{ projects { id } }`)).status);

  expect(statuses).toEqual([200, 200, 429]);
});
