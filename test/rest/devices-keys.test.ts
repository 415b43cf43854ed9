import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { change, read } from "../support/actions.js";
import { restClient } from "../support/rest.js";
import { startTestServer, type TestServer } from "../support/server.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const post = (path: string, token: string) =>
  server.send(`/api/v1${path}`, { method: "POST", headers: { authorization: `Bearer ${token}` } });
const accessTokenOf = async (token: string): Promise<string> => (await post("/device-refresh", token)).body.accessToken;
const after = (ms: number) => new Date(server.clock.now().getTime() + ms).toISOString();

async function createCode(key: string): Promise<string> {
  return (await read(server, key, "mutation { createDeviceCode { code } }")).createDeviceCode.code;
}

async function signIn(key: string, facts: object = {}): Promise<string> {
  return (await restClient(server, null).post("/device-login", { device_code: await createCode(key), ...facts })).body.refreshToken;
}

/** The statuses of REST and of GraphQL for a token, which tell whether it works. */
async function statusesWith(token: string): Promise<[number, number]> {
  return [(await restClient(server, token).get("/projects")).status, (await server.query(token, "{ projects { id } }")).status];
}

async function addKey(key: string, expiresAt: string | null = null): Promise<{ id: string; text: string }> {
  const scopes = ["PROJECTS_READ", "PROJECTS_WRITE"];
  const { key: text, apiKey } = await change(server, key, "createApiKey", { name: "second", scopes, expiresAt }, "key apiKey { id }");
  return { id: apiKey.id, text };
}

const revoke = (key: string, id: string) => change(server, key, "revokeApiKey", { id }, "apiKey { revokedAt }");

type Listed = { readonly id: string; readonly kind: string; readonly name: string; readonly [fact: string]: unknown };
const devicesOf = async (key: string): Promise<Listed[]> => {
  const { viewer } = await read(server, key, "{ viewer { apiKeys { id kind name scopes expiresAt lastUsedAt revokedAt } } }");
  return viewer.apiKeys.filter(({ kind }: Listed) => kind === "DEVICE");
};

test("An API key is exchanged for access tokens like a refresh token, and stays when these are signed out.", async () => {
  const { key } = await server.addUser();
  const { body } = await post("/device-refresh", key);
  expect(body).toMatchObject({ success: true, createdAt: after(0), expiresAt: after(HOUR) });
  expect(await statusesWith(body.accessToken)).toEqual([200, 200]);
  expect(await post("/device-logout", key)).toMatchObject({ status: 200, body: { success: true } });
  expect(await statusesWith(body.accessToken)).toEqual([401, 401]);
  expect(await statusesWith(key)).toEqual([200, 200]);
  expect(await statusesWith(await accessTokenOf(key))).toEqual([200, 200]);
});

test("Revoking an API key ends the access tokens that were made from it, at once, and no others.", async () => {
  const { key } = await server.addUser();
  const second = await addKey(key);
  const [kept, gone] = [await accessTokenOf(key), await accessTokenOf(second.text)];
  expect(await statusesWith(gone)).toEqual([200, 200]);
  await revoke(key, second.id);
  expect(await statusesWith(gone)).toEqual([401, 401]);
  expect((await post("/device-refresh", second.text)).status).toBe(401);
  expect(await statusesWith(kept)).toEqual([200, 200]);
});

test("An access token ends no later than the key that it was made from.", async () => {
  const { key } = await server.addUser();
  const expiresAt = after(HOUR / 2);
  const { text } = await addKey(key, expiresAt);
  server.clock.advance(HOUR / 4);
  const { body } = await post("/device-refresh", text);
  expect(body).toMatchObject({ createdAt: after(0), expiresAt });
  server.clock.advance(HOUR / 4 - 1);
  expect(await statusesWith(body.accessToken)).toEqual([200, 200]);
  server.clock.advance(1);
  expect(await statusesWith(body.accessToken)).toEqual([401, 401]);
});

test("A device is listed beside the keys under its own name, and revoking it ends all its tokens at once.", async () => {
  const { key } = await server.addUser();
  const refreshToken = await signIn(key, { hostname: "ada's laptop", os_display_name: "Debian 12", client: "specstory-cli" });
  const accessToken = await accessTokenOf(refreshToken);
  const [device] = await devicesOf(key);
  expect(device).toMatchObject({ expiresAt: after(365 * DAY), lastUsedAt: after(0), revokedAt: null });
  expect(device?.name).toBe("ada's laptop, Debian 12, specstory-cli");
  expect(device?.scopes).not.toContain("ADMIN");

  await revoke(key, device?.id ?? "");
  expect(await statusesWith(accessToken)).toEqual([401, 401]);
  expect((await post("/device-refresh", refreshToken)).status).toBe(401);
  expect(await devicesOf(key)).toMatchObject([{ id: device?.id, revokedAt: after(0) }]);
});

test("A device that signs out is listed as revoked from then on.", async () => {
  const { key } = await server.addUser();
  const refreshToken = await signIn(key);
  server.clock.advance(HOUR);
  await post("/device-logout", refreshToken);
  expect(await devicesOf(key)).toMatchObject([{ name: "Device", revokedAt: after(0) }]);
});

test.each([
  ["longer than a name may be", "h".repeat(10_000), "h".repeat(255)],
  ["of emoji", "😀".repeat(300), "😀".repeat(255)],
  ["with control characters", "a\u0000b\u001b[31m\nc", "a b [31m c"],
  ["with half of a surrogate pair", "a\ud83d", "a\ufffd"],
  ["blank", "", "Device"],
])("No host name keeps a device from signing in: %s.", async (_what, hostname, name) => {
  const { key } = await server.addUser();
  await signIn(key, { hostname });
  expect((await devicesOf(key)).map((device) => device.name)).toEqual([name]);
});

test("A device makes no code for another device.", async () => {
  const token = await accessTokenOf(await signIn((await server.addUser()).key));
  const { body } = await server.query(token, "mutation { createDeviceCode { code } }");
  expect(body).toMatchObject({
    data: { createDeviceCode: null },
    errors: [{ extensions: { code: "FORBIDDEN", reason: "ACCESS_DENIED" } }],
  });
});

test("A code of a key that is revoked before it is used lets nobody in.", async () => {
  const { key } = await server.addUser();
  const second = await addKey(key);
  const code = await createCode(second.text);
  await revoke(key, second.id);
  expect((await restClient(server, null).post("/device-login", { device_code: code })).status).toBe(401);
});

test("A device lives no longer than the key that let it in.", async () => {
  const { key } = await server.addUser();
  const expiresAt = after(DAY);
  const refreshToken = await signIn((await addKey(key, expiresAt)).text);
  expect(await devicesOf(key)).toMatchObject([{ expiresAt }]);
  server.clock.advance(DAY);
  expect((await post("/device-refresh", refreshToken)).status).toBe(401);
});

test("A device keeps to the limit of the key that let it in.", async () => {
  const user = await server.addUser();
  const refreshToken = await signIn(await server.addKey(user, ["projects:read"], "3/1h"));
  const client = restClient(server, await accessTokenOf(refreshToken));
  expect([(await client.get("/projects")).status, (await client.get("/projects")).headers.get("x-ratelimit-limit")]).toEqual([200, "3"]);
  expect((await client.get("/projects")).status).toBe(429);
});

test("No text of a code or token is stored anywhere in the database, only hashes.", async () => {
  const { key } = await server.addUser();
  const code = await createCode(key);
  const refreshToken = await signIn(key);
  const accessToken = await accessTokenOf(refreshToken);
  const tables = await server.prisma.$queryRaw<{ name: string }[]>`SELECT tablename AS "name" FROM pg_tables WHERE schemaname = 'public'`;
  const rows: string[] = [];
  for (const { name } of tables) {
    const found = await server.prisma.$queryRawUnsafe<{ text: string }[]>(`SELECT to_jsonb(t)::text AS "text" FROM "${name}" t`);
    rows.push(...found.map(({ text }) => text));
  }
  expect(tables.map(({ name }) => name)).toEqual(expect.arrayContaining(["ApiKey", "AccessToken", "DeviceCode"]));
  expect(rows.length).toBeGreaterThan(4);
  for (const secret of [code, refreshToken, accessToken, key]) {
    const random = secret.split("_").at(-1) ?? "";
    expect(rows.filter((row) => row.includes(random))).toEqual([]);
  }
});

test("The log holds no code and no token.", async () => {
  server.lines.length = 0;
  const { key } = await server.addUser();
  const code = await createCode(key);
  await restClient(server, null).post("/device-login", { device_code: code });
  await restClient(server, null).post("/device-login", { device_code: code });
  const refreshToken = await signIn(key);
  const accessToken = await accessTokenOf(refreshToken);
  await statusesWith(accessToken);
  const log = JSON.stringify(server.lines);
  expect(log).toContain("/api/v1/device-login");
  for (const secret of [code, refreshToken, accessToken]) expect(log).not.toContain(secret);
});

test("The page that the command line opens makes codes, runs nothing but its own script and asks no other server.", async () => {
  const { status, headers, body } = await server.send("/cli-login", { headers: { accept: "text/html" } });
  expect([status, headers.get("content-type")]).toEqual([200, "text/html; charset=UTF-8"]);
  const policy = headers.get("content-security-policy") ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("connect-src 'self'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
  expect(body).not.toMatch(/(?:https?:)?\/\/[a-z]|src=|href=|@import|url\(/i);
  expect(body).toContain("createDeviceCode");
  expect((await server.send("/cli-login", { method: "POST" })).status).toBe(405);
});
