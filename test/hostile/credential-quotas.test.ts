import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { readConfig } from "../../src/config.js";
import { allScopes } from "../../src/core/auth/scopes.js";
import { mutate, run } from "../support/actions.js";
import { credentialsOf } from "../support/credentials.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

const MINUTE = 60_000;

let server: TestServer;
let make: ReturnType<typeof credentialsOf>;
beforeAll(async () => {
  server = await startTestServer({ MAX_KEYS_PER_USER: "5", MAX_DEVICES_PER_KEY: "3", RATE_LIMIT_AUTH_FAILURES: "1000/1m" });
  make = credentialsOf(server);
});
afterAll(() => server.close());

const FULL = { code: "RATE_LIMITED", reason: "QUOTA_EXCEEDED", status: 429, retryable: false };
const after = (ms: number) => new Date(server.clock.now().getTime() + ms).toISOString();
const liveKeysOf = (user: TestUser) => server.prisma.apiKey.count({ where: { userId: user.id, revokedAt: null, kind: "API_KEY" } });

test("By default a user has 100 keys, and a key 20 devices.", () => {
  expect(readConfig({}).credentials).toMatchObject({ keysPerUser: { most: 100 }, devicesPerKey: { most: 20 } });
});

test("A user has so many keys, whoever makes them, and one more is QUOTA_EXCEEDED, which names the setting.", async () => {
  const user = await server.addUser();
  const child = await make.addKey(user.key);
  await make.addKey(child.key);
  await make.addKey(user.key);
  await server.addKey(user, ["projects:read"]);
  const admin = await server.addUser();

  for (const errors of [
    (await make.createKey(user.key)).errors,
    (await make.createKey(child.key)).errors,
    (await make.createKey(admin.key, { userId: user.id })).errors,
  ]) {
    expect(errors).toMatchObject([{ ...FULL, limit: 5, setting: "MAX_KEYS_PER_USER" }]);
  }
  expect((await make.createKey(admin.key)).errors).toEqual([]);
});

test("However many keys are asked for at once, no more than allowed are made.", async () => {
  const user = await server.addUser();
  const answers = await Promise.all(Array.from({ length: 20 }, () => make.createKey(user.key)));
  expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(4);
  expect(answers.flatMap(({ errors }) => errors)).toMatchObject(Array.from({ length: 16 }, () => FULL));
  expect(await liveKeysOf(user)).toBe(5);
});

test("Keys that were revoked or have expired do not count, and neither do devices.", async () => {
  const user = await server.addUser();
  const gone = await make.addKey(user.key);
  await make.addKey(user.key, { expiresAt: after(MINUTE) });
  for (let count = 0; count < 2; count += 1) await make.addKey(user.key);
  expect(await make.addDevice(user.key)).toMatch(/^bks_refresh_/);
  expect((await make.createKey(user.key)).errors).toMatchObject([FULL]);
  await make.revoke(user.key, gone.id);
  expect((await make.createKey(user.key)).errors).toEqual([]);
  expect((await make.createKey(user.key)).errors).toMatchObject([FULL]);
  server.clock.advance(MINUTE);
  expect((await make.createKey(user.key)).errors).toEqual([]);
  expect((await make.createKey(user.key)).errors).toMatchObject([FULL]);
});

test("A key has so many devices, and one more is QUOTA_EXCEEDED over REST; the code stays good for when there is room.", async () => {
  const user = await server.addUser();
  const devices = [await make.addDevice(user.key), await make.addDevice(user.key), await make.addDevice(user.key)];
  const code = await make.createCode(user.key);
  const { status, body } = await make.logIn(code);
  expect([status, body.error.code]).toEqual([429, "QUOTA_EXCEEDED"]);
  expect(body.error.details).toMatchObject({ limit: 3, setting: "MAX_DEVICES_PER_KEY" });
  expect(body.error.message).toBe("The API key has let in as many devices as allowed, 3 (MAX_DEVICES_PER_KEY)");

  const other = await make.addKey(user.key);
  expect(await make.addDevice(other.key)).toMatch(/^bks_refresh_/);
  await make.signOut(devices[0] ?? "");
  expect((await make.logIn(code)).status).toBe(200);
  expect((await make.logIn(await make.createCode(user.key))).status).toBe(429);
});

test("However many devices sign in at once, no more than allowed are let in.", async () => {
  const user = await server.addUser();
  const codes: string[] = [];
  for (let count = 0; count < 12; count += 1) codes.push(await make.createCode(user.key));
  const statuses = (await Promise.all(codes.map(make.logIn))).map(({ status }) => status).sort();
  expect(statuses).toEqual([200, 200, 200, ...Array.from({ length: 9 }, () => 429)]);
});

test("A key has at most a hundred codes that wait to be used, and used and expired ones do not count.", async () => {
  const user = await server.addUser();
  const create = async (count: number) => {
    const fields = Array.from({ length: count }, (_, index) => `c${index}: createDeviceCode { code }`).join(" ");
    return run(server, user.key, `mutation { ${fields} }`);
  };
  const { data } = await create(50);
  expect((await create(50)).errors).toEqual([]);
  expect((await create(1)).errors).toMatchObject([{ ...FULL, limit: 100 }]);
  expect((await make.logIn(data.c0.code)).status).toBe(200);
  expect((await create(1)).errors).toEqual([]);
  expect((await create(1)).errors).toMatchObject([FULL]);
  server.clock.advance(10 * MINUTE);
  expect((await create(1)).errors).toEqual([]);
});

test("A device has at most a thousand access tokens at a time, of which the oldest ends first.", async () => {
  const { key } = await server.addUser(undefined, allScopes, "100000/1h");
  const first = await make.addAccessToken(key);
  server.clock.advance(1);
  const second = await make.addAccessToken(key);
  const { id } = await server.prisma.apiKey.findFirstOrThrow({ orderBy: { createdAt: "desc" } });
  const row = { apiKeyId: id, createdAt: new Date(after(1)), expiresAt: new Date(after(MINUTE)) };
  await server.prisma.accessToken.createMany({ data: Array.from({ length: 998 }, (_, index) => ({ ...row, hash: `h${index}` })) });
  expect([await make.works(first), await make.works(second)]).toEqual([true, true]);
  server.clock.advance(2);
  const newest = await make.addAccessToken(key);
  server.forgetKeys();
  expect([await make.works(first), await make.works(second), await make.works(newest)]).toEqual([false, true, true]);
  expect(await server.prisma.accessToken.count({ where: { apiKeyId: id } })).toBe(1_000);
});

test("What is refused for the number of keys changes nothing.", async () => {
  const user = await server.addUser();
  for (let count = 0; count < 4; count += 1) await make.addKey(user.key);
  const { payload } = await mutate(server, user.key, "createApiKey", { name: "sixth", scopes: ["PROJECTS_READ"] }, "key");
  expect(payload).toBeNull();
  expect(await server.prisma.apiKey.count({ where: { userId: user.id } })).toBe(5);
});
