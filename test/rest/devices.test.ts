import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { allScopes, type Scope } from "../../src/core/auth/scopes.js";
import { read, uuid } from "../support/actions.js";
import { putBody, restClient } from "../support/rest.js";
import { startTestServer, type TestServer } from "../support/server.js";

const HOUR = 3_600_000;
const JSON_TYPE = { "content-type": "application/json" };

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_AUTH_FAILURES: "1000/1m" });
});
afterAll(() => server.close());

const createCode = async (key: string): Promise<string> =>
  (await read(server, key, "mutation { createDeviceCode { code } }")).createDeviceCode.code;
const logIn = (body: unknown) => restClient(server, null).post("/device-login", body);
const refresh = (token: string) => server.send("/api/v1/device-refresh", { method: "POST", headers: { authorization: `Bearer ${token}` } });
const logOut = (token: string) => server.send("/api/v1/device-logout", { method: "POST", headers: { authorization: `Bearer ${token}` } });

/** A user with a device that signed in: its refresh token and an access token. */
async function signIn(scopes: readonly Scope[] = allScopes, facts: object = {}) {
  const user = await server.addUser();
  const key = await server.addKey(user, scopes);
  const { body } = await logIn({ device_code: await createCode(key), ...facts });
  const refreshToken: string = body.refreshToken;
  const accessToken: string = (await refresh(refreshToken)).body.accessToken;
  return { user, key, refreshToken, accessToken };
}

/** The statuses of REST and of GraphQL for a token, which tell whether it works. */
async function statusesWith(token: string): Promise<[number, number]> {
  return [(await restClient(server, token).get("/projects")).status, (await server.query(token, "{ projects { id } }")).status];
}

const now = (after = 0) => new Date(server.clock.now().getTime() + after).toISOString();
const INVALID = { success: false, status: "failed", error: { code: "INVALID_TOKEN" } };

test("A device code is exchanged for a refresh token, which stands beside success with its times and the user.", async () => {
  const user = await server.addUser();
  const { status, body } = await logIn({
    device_code: await createCode(user.key),
    hostname: "laptop",
    os: "linux",
    os_version: "6.1",
    os_display_name: "Debian 12",
    architecture: "arm64",
    username: "ada",
    client: "specstory-cli",
    client_version: "1.0.0",
    something_newer: { nested: [1, 2] },
  });
  expect(status).toBe(200);
  expect(body).toEqual({
    success: true,
    refreshToken: expect.stringMatching(/^bks_refresh_[0-9A-Za-z]{43}$/),
    createdAt: now(),
    expiresAt: now(365 * 24 * HOUR),
    user: { email: user.email },
  });
});

test.each([
  ["in lower case", (code: string) => code.toLowerCase()],
  ["with a dash", (code: string) => `${code.slice(0, 3)}-${code.slice(3)}`],
  ["in lower case with a dash and spaces", (code: string) => ` ${code.slice(0, 3).toLowerCase()}-${code.slice(3).toLowerCase()}\n`],
])("A device code is recognized %s.", async (_what, write) => {
  const { key } = await server.addUser();
  expect((await logIn({ device_code: write(await createCode(key)) })).status).toBe(200);
});

const WRONG = { status: 401, body: { message: "Invalid or expired device code", error: { code: "INVALID_CREDENTIALS" } } };

test("A device code works once, also for many at once, and the second time it is as wrong as any other.", async () => {
  const { key } = await server.addUser();
  const code = await createCode(key);
  const answers = await Promise.all(Array.from({ length: 10 }, () => logIn({ device_code: code })));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  const again = await logIn({ device_code: code });
  expect(again).toMatchObject(WRONG);
  expect(again.headers.get("www-authenticate")).toBe("Bearer");
});

test.each(["", "AAAAAA", "x", "A".repeat(10_000), "%' OR 1=1 --", "\u0000", "😀", "\ud83d"])(
  "A device code that nobody made is rejected: %j.",
  async (code) => {
    expect(await logIn({ device_code: code })).toMatchObject(WRONG);
  },
);

test("A device code works until ten minutes have passed, and not from then on.", async () => {
  const { key } = await server.addUser();
  const [first, second] = [await createCode(key), await createCode(key)];
  server.clock.advance(599_999);
  expect((await logIn({ device_code: first })).status).toBe(200);
  server.clock.advance(1);
  expect(await logIn({ device_code: second })).toMatchObject(WRONG);
});

test("Without a device code the request is 400, and values of a wrong type are all named at once.", async () => {
  const missing = await logIn({ hostname: "laptop" });
  expect([missing.status, missing.body.error.code]).toEqual([400, "MISSING_REQUIRED_FIELD"]);
  expect(missing.body.error.details.fields).toMatchObject([{ path: ["device_code"], reason: "MISSING_REQUIRED_FIELD" }]);

  const wrong = await logIn({ device_code: 123456, hostname: ["laptop"], os: {}, client: null });
  expect([wrong.status, wrong.body.error.code]).toEqual([400, "INVALID_FORMAT"]);
  expect(wrong.body.error.details.fields).toMatchObject(
    ["device_code", "hostname", "os"].map((name) => ({ path: [name], reason: "INVALID_FORMAT", message: `${name}: must be text` })),
  );
});

test("A refresh token is exchanged for access tokens, each of which works for exactly an hour, in REST and in GraphQL.", async () => {
  const { refreshToken } = await signIn();
  const { status, body } = await refresh(refreshToken);
  expect(status).toBe(200);
  expect(body).toEqual({
    success: true,
    accessToken: expect.stringMatching(/^bks_access_[0-9A-Za-z]{43}$/),
    createdAt: now(),
    expiresAt: now(HOUR),
  });
  server.clock.advance(HOUR - 1);
  expect(await statusesWith(body.accessToken)).toEqual([200, 200]);
  server.clock.advance(1);
  expect(await statusesWith(body.accessToken)).toEqual([401, 401]);
  expect(await restClient(server, body.accessToken).get("/projects")).toMatchObject({ status: 401, body: INVALID });
  expect(await statusesWith((await refresh(refreshToken)).body.accessToken)).toEqual([200, 200]);
});

test("Earlier access tokens go on working when another is made.", async () => {
  const { refreshToken, accessToken } = await signIn();
  expect((await refresh(refreshToken)).body.accessToken).not.toBe(accessToken);
  expect(await statusesWith(accessToken)).toEqual([200, 200]);
});

test("A refresh token is good for nothing but access tokens, and an access token for none.", async () => {
  const { refreshToken, accessToken } = await signIn();
  expect(await statusesWith(refreshToken)).toEqual([401, 401]);
  expect(await refresh(accessToken)).toMatchObject({ status: 401, body: INVALID });
  expect(await logOut(accessToken)).toMatchObject({ status: 401, body: INVALID });
  expect(await statusesWith(accessToken)).toEqual([200, 200]);
});

test("A refresh token ends after a year.", async () => {
  const { refreshToken } = await signIn();
  server.clock.advance(365 * 24 * HOUR - 1);
  expect((await refresh(refreshToken)).body).toMatchObject({ success: true, expiresAt: now(1) });
  server.clock.advance(1);
  expect((await refresh(refreshToken)).status).toBe(401);
});

test("Refreshing and signing out need no body, and take any Content-Type and body.", async () => {
  const { refreshToken } = await signIn();
  const client = restClient(server, refreshToken);
  const authorization = `Bearer ${refreshToken}`;
  const withoutBody = await server.send("/api/v1/device-refresh", { method: "POST", headers: { authorization, ...JSON_TYPE } });
  expect([withoutBody.status, (await client.post("/device-refresh", {})).status]).toEqual([200, 200]);
  expect((await client.post("/device-refresh", "anything")).status).toBe(200);
  expect((await server.send("/api/v1/device-logout", { method: "POST", headers: { authorization, ...JSON_TYPE } })).status).toBe(200);
});

test("An access token acts for its user, with the scopes of the key that made the code, less admin.", async () => {
  const { user, accessToken } = await signIn(["projects:read", "sessions:read", "admin"]);
  const viewer = await read(server, accessToken, "{ viewer { id email } }");
  expect(viewer.viewer).toEqual({ id: user.id, email: user.email });
  const client = restClient(server, accessToken);
  expect((await client.get("/sessions/recent")).status).toBe(200);
  const denied = await client.put(`/projects/app/sessions/${uuid(1)}`, putBody());
  expect(denied).toMatchObject({
    status: 403,
    body: { error: { code: "INSUFFICIENT_SCOPE", details: { requiredScope: "sessions:write" } } },
  });
  const create = await server.query(accessToken, 'mutation { createUser(input: { email: "new@example.com" }) { user { id } } }');
  expect(create.body.errors[0].extensions).toMatchObject({ reason: "INSUFFICIENT_SCOPE", requiredScope: "admin" });
});

test("Signing out ends the refresh token and all its access tokens at once, and those of no other device.", async () => {
  const device = await signIn();
  const second = (await refresh(device.refreshToken)).body.accessToken;
  const other = (await logIn({ device_code: await createCode(device.key) })).body.refreshToken;
  expect(await logOut(device.refreshToken)).toMatchObject({ status: 200, body: { success: true } });
  expect(await statusesWith(device.accessToken)).toEqual([401, 401]);
  expect(await statusesWith(second)).toEqual([401, 401]);
  expect(await refresh(device.refreshToken)).toMatchObject({ status: 401, body: INVALID });
  expect(await logOut(device.refreshToken)).toMatchObject({ status: 401, body: INVALID });
  expect((await refresh(other)).status).toBe(200);
  expect(await statusesWith(device.key)).toEqual([200, 200]);
});
