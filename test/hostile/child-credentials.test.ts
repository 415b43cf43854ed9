import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { hashSecret } from "../../src/core/auth/secret-text.js";
import { mutate, read } from "../support/actions.js";
import { credentialsOf } from "../support/credentials.js";
import { badFieldsOf } from "../support/rest.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let server: TestServer;
let make: ReturnType<typeof credentialsOf>;
let user: TestUser;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_AUTH_FAILURES: "1000/1m" });
  make = credentialsOf(server);
  user = await server.addUser();
});
afterAll(() => server.close());

const after = (ms: number) => new Date(server.clock.now().getTime() + ms).toISOString();

/** A key, and a credential of each kind that comes from it directly or not. */
async function family(input: Readonly<Record<string, unknown>> = {}) {
  const parent = await make.addKey(user.key, input);
  const child = await make.addKey(parent.key);
  const grandchild = await make.addKey(child.key);
  const device = await make.addDevice(parent.key);
  const deviceOfGrandchild = await make.addDevice(grandchild.key);
  const tokens = [parent.key, device, grandchild.key, deviceOfGrandchild].map(make.addAccessToken);
  return { parent, child, grandchild, devices: [device, deviceOfGrandchild], tokens: await Promise.all(tokens) };
}

type Family = Awaited<ReturnType<typeof family>>;

async function stateOf({ parent, child, grandchild, devices, tokens }: Family): Promise<boolean[]> {
  return Promise.all([...[parent.key, child.key, grandchild.key, ...tokens].map(make.works), ...devices.map(make.refreshes)]);
}

const all = (state: boolean) => Array.from({ length: 9 }, () => state);

describe("Whoever ends a key", () => {
  test("ends every key, device and access token that comes from it at once, and no other.", async () => {
    const [ended, kept] = [await family(), await family()];
    expect(await stateOf(ended)).toEqual(all(true));
    await make.revoke(user.key, ended.parent.id);

    expect(await stateOf(ended)).toEqual(all(false));
    expect(await stateOf(kept)).toEqual(all(true));
    expect(await make.works(user.key)).toBe(true);
  });

  test("ends them for a server too that knew them all a moment ago and hears nothing of it.", async () => {
    const ended = await family();
    expect(await stateOf(ended)).toEqual(all(true));
    await server.services.apiKeys.revoke(ended.parent.id);
    expect(await stateOf(ended)).toEqual(all(false));
  });

  test("ends what a child made, and leaves the key that made the child.", async () => {
    const { parent, child, grandchild, devices } = await family();
    await make.revoke(user.key, child.id);
    expect(await Promise.all([parent, child, grandchild].map(({ key }) => make.works(key)))).toEqual([true, false, false]);
    expect(await Promise.all(devices.map(make.refreshes))).toEqual([true, false]);
  });

  test("ends a code too that it made and that is used later.", async () => {
    const { parent, child, grandchild } = await family();
    const codes = [await make.createCode(parent.key), await make.createCode(child.key), await make.createCode(grandchild.key)];
    await make.revoke(user.key, parent.id);
    for (const code of codes) expect((await make.logIn(code)).status).toBe(401);
  });

  test("ends what it made while it was being revoked, in whatever order that comes.", async () => {
    const parent = await make.addKey(user.key);
    const codes = [await make.createCode(parent.key), await make.createCode(parent.key)];
    const creations = Array.from({ length: 8 }, () => make.createKey(parent.key));
    const logins = codes.map(make.logIn);
    const revoking = make.revoke(user.key, parent.id);
    const made = (await Promise.all([...creations, ...Array.from({ length: 8 }, () => make.createKey(parent.key))])).map(
      ({ payload }) => payload?.key as string | undefined,
    );
    const devices = (await Promise.all(logins)).map(({ body }) => body.refreshToken as string | undefined);
    await revoking;

    for (const key of made) if (key !== undefined) expect(await make.works(key)).toBe(false);
    for (const device of devices) if (device !== undefined) expect(await make.refreshes(device)).toBe(false);
    expect(await server.prisma.apiKey.count({ where: { parentId: parent.id, revokedAt: null } })).toBe(0);
  });

  test("ends its family where it ends itself, and where an admin of another user ends it.", async () => {
    const [self, foreign] = [await family(), await family()];
    const admin = await server.addUser(undefined, ["admin"]);
    await make.revoke(self.parent.key, self.parent.id);
    await make.revoke(admin.key, foreign.parent.id);
    expect(await stateOf(self)).toEqual(all(false));
    expect(await stateOf(foreign)).toEqual(all(false));
  });

  test("gives all of them the same time of their end, and leaves that of one which had ended before.", async () => {
    const { parent, child, grandchild } = await family();
    const earlier = after(0);
    await make.revoke(user.key, grandchild.id);
    server.clock.advance(1_000);
    await make.revoke(user.key, parent.id);
    const { viewer } = await read(server, user.key, "{ viewer { apiKeys { id revokedAt } } }");
    const ends = new Map(viewer.apiKeys.map(({ id, revokedAt }: { id: string; revokedAt: string }) => [id, revokedAt]));
    expect([parent, child, grandchild].map(({ id }) => ends.get(id))).toEqual([after(0), after(0), earlier]);
  });
});

test("What a device made before only API keys could make anything ends with the device, also where that signs out.", async () => {
  const parent = await make.addKey(user.key);
  const device = await make.addDevice(parent.key);
  const other = await make.addDevice(user.key);
  const { id: parentId } = await server.prisma.apiKey.findUniqueOrThrow({ where: { hash: hashSecret(device) } });
  await server.prisma.apiKey.update({ where: { hash: hashSecret(other) }, data: { parentId } });
  await make.signOut(device);
  expect([await make.refreshes(device), await make.refreshes(other)]).toEqual([false, false]);
  expect(await make.works(parent.key)).toBe(true);
});

describe("A child", () => {
  test("ends with the time of its parent if none is asked for, and so do its own children and devices.", async () => {
    const expiresAt = after(HOUR);
    const members = await family({ expiresAt });
    const { viewer } = await read(server, user.key, "{ viewer { apiKeys { id parentId expiresAt } } }");
    const ids = [members.parent.id, members.child.id, members.grandchild.id];
    const ends = viewer.apiKeys.filter(({ id, parentId }: { id: string; parentId: string }) => ids.includes(id) || ids.includes(parentId));
    expect(ends.map((key: { expiresAt: string }) => key.expiresAt)).toEqual(Array.from({ length: 5 }, () => expiresAt));
    server.clock.advance(HOUR - 1);
    expect(await stateOf(members)).toEqual(all(true));
    server.clock.advance(1);
    expect(await stateOf(members)).toEqual(all(false));
  });

  test("may end sooner than its parent, but not later: VALIDATION_ERROR.", async () => {
    const parent = await make.addKey(user.key, { expiresAt: after(HOUR) });
    expect((await make.createKey(parent.key, { expiresAt: after(HOUR - 1) })).errors).toEqual([]);
    expect((await make.createKey(parent.key, { expiresAt: after(HOUR) })).errors).toEqual([]);
    for (const late of [after(HOUR + 1), after(1_000 * DAY)]) {
      const { payload, errors } = await make.createKey(parent.key, { expiresAt: late });
      expect(payload).toBeNull();
      expect(errors).toMatchObject([{ code: "VALIDATION_ERROR", reason: "INVALID_PARAMETER", fields: [{ path: ["input", "expiresAt"] }] }]);
    }
  });

  test("has every mistake about its end and its limit named at once.", async () => {
    const parent = await make.addKey(user.key, { expiresAt: after(HOUR), rateLimit: "20/1h" });
    const { errors } = await make.createKey(parent.key, { expiresAt: after(2 * HOUR), rateLimit: "21/1h" });
    expect(badFieldsOf(errors[0] ?? {})).toEqual(["input.expiresAt", "input.rateLimit"]);
  });

  test("has no scope that its parent lacks, and neither has its device.", async () => {
    const parent = await make.addKey(user.key, { scopes: ["KEYS_MANAGE", "PROJECTS_READ", "ADMIN"] });
    const { errors } = await make.createKey(parent.key, { scopes: ["SESSIONS_READ"] });
    expect(errors).toMatchObject([{ code: "FORBIDDEN", requiredScope: "sessions:read" }]);
    const token = await make.addAccessToken(await make.addDevice(parent.key));
    const fields = await server.query(token, "{ projects { id } sessions { id } }");
    expect(fields.body.data).toEqual({ projects: [], sessions: null });
  });

  test("says who made it, which a key that no key made does not.", async () => {
    const { parent, child } = await family();
    const { viewer } = await read(server, user.key, "{ viewer { apiKeys { id kind parentId } } }");
    const parentOf = (id: string) => viewer.apiKeys.find((key: { id: string }) => key.id === id).parentId;
    const roots = viewer.apiKeys.filter((key: { parentId: string | null }) => key.parentId === null);
    expect(parentOf(child.id)).toBe(parent.id);
    expect(parentOf(parent.id)).toBe(roots[0].id);
    expect(roots).toMatchObject([{ kind: "API_KEY" }]);
  });
});

describe("No child", () => {
  test("is a key that an admin makes for another user: it has its own end and limit, and outlives the admin's key.", async () => {
    const admin = await make.addKey(user.key, { scopes: ["ADMIN", "PROJECTS_READ"], expiresAt: after(HOUR), rateLimit: "1000/1h" });
    const other = await server.addUser();
    const { key, id } = await make.addKey(admin.key, { scopes: ["PROJECTS_READ"], userId: other.id, rateLimit: "2000/1h" });
    await make.revoke(user.key, admin.id);
    expect(await make.works(key)).toBe(true);
    expect(await server.prisma.apiKey.findUniqueOrThrow({ where: { id } })).toMatchObject({ parentId: null, expiresAt: null });
  });

  test("is a device whose code was made at the command line.", async () => {
    const { code } = await server.services.devices.createFor({ userId: user.id, scopes: ["projects:read"] });
    expect((await make.logIn(code)).status).toBe(200);
  });
});

describe("Only an API key makes credentials", () => {
  test.each([
    ["an access token of a key", () => make.addAccessToken(user.key)],
    ["a device", async () => make.addAccessToken(await make.addDevice(user.key))],
  ])("and %s makes none, though it may revoke them: FORBIDDEN.", async (_what, authorize) => {
    const token = await authorize();
    const forbidden = [{ code: "FORBIDDEN", reason: "ACCESS_DENIED", status: 403 }];
    const other = await server.addUser();
    expect((await make.createKey(token)).errors).toMatchObject(forbidden);
    expect((await make.createKey(token, { userId: other.id })).errors).toMatchObject([{ code: "FORBIDDEN" }]);
    const { body } = await server.query(token, "mutation { createDeviceCode { code } }");
    expect(body).toMatchObject({ data: { createDeviceCode: null }, errors: [{ extensions: forbidden[0] }] });
    const { id } = await make.addKey(user.key);
    expect((await mutate(server, token, "revokeApiKey", { id }, "apiKey { id }")).errors).toEqual([]);
  });
});
