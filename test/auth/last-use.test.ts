import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const ask = (key: string) => server.query(key, "{ __typename }");

/** Reads the key's last use as its owner sees it, after all writes have ended. */
async function lastUse(userId: string): Promise<string | undefined> {
  await server.settled();
  const [key] = await server.services.apiKeys.list(userId, { limit: 1, offset: 0 });
  return key?.lastUsedAt?.toISOString();
}

test("A key that was never used has no last use, and then the time of its use.", async () => {
  const { id, key } = await server.addUser();
  expect(await lastUse(id)).toBeUndefined();
  await ask(key);
  expect(await lastUse(id)).toBe(server.clock.now().toISOString());
});

test("The last use is stored at most once a minute.", async () => {
  const { id, key } = await server.addUser();
  await ask(key);
  const first = server.clock.now().toISOString();
  server.clock.advance(59_999);
  await ask(key);
  expect(await lastUse(id)).toBe(first);
  server.clock.advance(1);
  await ask(key);
  expect(await lastUse(id)).toBe(server.clock.now().toISOString());
});

test("However many requests come at once, they do not each write the last use.", async () => {
  const { key } = await server.addUser();
  const writes = await server.updatesOf("ApiKey", async () => {
    await Promise.all(Array.from({ length: 30 }, () => ask(key)));
    await server.settled();
  });
  expect(writes).toBeGreaterThan(0);
  expect(writes).toBeLessThanOrEqual(2); // those whose look-up came back after the first write may write once more
});

test("A request that is rejected does not count as a use of a key.", async () => {
  const { id, key } = await server.addUser();
  await ask(`${key}x`);
  expect(await lastUse(id)).toBeUndefined();
});

test("Once a last use cannot be stored, none is tried for a minute, and then again.", async () => {
  const { id, key } = await server.addUser();
  await server.prisma.$executeRaw`CREATE RULE keep AS ON UPDATE TO "ApiKey" DO INSTEAD SELECT 1 / 0`;
  await ask(key);
  await server.settled();
  server.clock.advance(59_999);
  await ask(key);
  await server.settled();
  expect(server.takeLog()).toHaveLength(1);

  await server.prisma.$executeRaw`DROP RULE keep ON "ApiKey"`;
  server.clock.advance(1);
  await ask(key);
  expect(await lastUse(id)).toBe(server.clock.now().toISOString());
});

test("If a last use cannot be stored, the request is answered nevertheless, and the log has a line about it.", async () => {
  const { key } = await server.addUser();
  await server.prisma.$executeRaw`CREATE RULE keep AS ON UPDATE TO "ApiKey" DO INSTEAD SELECT 1 / 0`;
  expect((await ask(key)).body).toEqual({ data: { __typename: "Query" } });
  await server.settled();
  await server.prisma.$executeRaw`DROP RULE keep ON "ApiKey"`;
  expect(server.takeLog()).toMatchObject([{ level: 40, msg: "last use not stored", keyId: expect.any(String) }]);
  server.clock.advance(60_000);
});
