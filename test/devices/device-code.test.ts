import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { read, run } from "../support/actions.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const CREATE = "mutation { createDeviceCode { code expiresAt } }";

test("A device code has six letters and digits and lives ten minutes.", async () => {
  const { key } = await server.addUser();
  const { createDeviceCode } = await read(server, key, CREATE);
  expect(createDeviceCode.code).toMatch(/^[A-Z0-9]{6}$/);
  expect(createDeviceCode.expiresAt).toBe("2026-06-15T12:10:00.000Z");
});

test("A device code is stored as a hash, for its user, with the scopes of its key less admin.", async () => {
  const user = await server.addUser();
  const key = await server.addKey(user, ["sessions:write", "admin"]);
  const { createDeviceCode } = await read(server, key, CREATE);

  const [stored, ...others] = await server.prisma.deviceCode.findMany({ where: { userId: user.id } });
  expect(others).toEqual([]);
  expect(stored).toMatchObject({ scopes: ["sessions:write"], usedAt: null });
  expect(stored?.hash).not.toContain(createDeviceCode.code);
});

test("Expired codes are removed when a new one is made.", async () => {
  const user = await server.addUser();
  await read(server, user.key, CREATE);
  server.clock.advance(11 * 60_000);
  await read(server, user.key, CREATE);
  expect(await server.prisma.deviceCode.count({ where: { userId: user.id } })).toBe(1);
});

test("Without a key there is no device code.", async () => {
  const { status, body } = await server.query(null, CREATE);
  expect([status, body.errors[0].extensions.reason]).toEqual([401, "MISSING_TOKEN"]);
  const { data, errors } = await run(server, null, `mutation { __typename createDeviceCode { code } }`);
  expect(data).toEqual({ __typename: "Mutation", createDeviceCode: null });
  expect(errors).toMatchObject([{ reason: "MISSING_TOKEN", path: ["createDeviceCode"] }]);
});
