import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { hashSecret } from "../../src/core/auth/secret-text.js";
import { createCredentialChanges } from "../../src/core/auth/credential-changes.js";
import { createDeviceCodes } from "../../src/features/devices/device-codes.js";
import { read } from "../support/actions.js";
import { startTestServer, type TestServer } from "../support/server.js";

const CREATE = `mutation { createDeviceCode { code expiresAt } }`;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

test("A device code is six letters or digits that cannot be mistaken, and lives ten minutes.", async () => {
  const { key } = await server.addUser();
  const { code, expiresAt } = (await read(server, key, CREATE)).createDeviceCode;

  expect(code).toMatch(/^[2-9A-HJ-NP-Z]{6}$/);
  expect(Date.parse(expiresAt) - server.clock.now().getTime()).toBe(600_000);
  expect((await read(server, key, CREATE)).createDeviceCode.code).not.toBe(code);
});

test("A device code is stored as a hash, with the scopes of the key that made it, less admin.", async () => {
  const user = await server.addUser();
  const key = await server.addKey(user, ["projects:read", "sessions:write", "admin"]);
  const { code } = (await read(server, key, CREATE)).createDeviceCode;
  const row = await server.prisma.deviceCode.findUniqueOrThrow({ where: { hash: hashSecret(code) } });

  expect(row).toMatchObject({ userId: user.id, scopes: ["projects:read", "sessions:write"], usedAt: null });
  expect(JSON.stringify(row)).not.toContain(code);
});

test("Expired codes are cleared away when the next one is made.", async () => {
  const { key } = await server.addUser();
  const { code } = (await read(server, key, CREATE)).createDeviceCode;
  server.clock.advance(600_000);
  await read(server, key, CREATE);

  expect(await server.prisma.deviceCode.findUnique({ where: { hash: hashSecret(code) } })).toBeNull();
});

test("A code that is in use already is not given twice.", async () => {
  const { id } = await server.addUser();
  const bytes = [0, 0, 1];
  const random = { uuid: () => "", bytes: (length: number) => new Uint8Array(length).fill(bytes.shift() ?? 9) };
  const changeCredentials = createCredentialChanges((run) => run(server.sql));
  const devices = createDeviceCodes({ query: server.sql, changeCredentials, clock: server.clock, random });

  const owner = { userId: id, scopes: ["projects:read"] } as const;
  const codes = [await devices.createFor(owner), await devices.createFor(owner)];
  expect(codes.map(({ code }) => code)).toEqual(["222222", "333333"]);
});
