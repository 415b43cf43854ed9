import { afterAll, beforeEach, expect, test } from "@jest/globals";
import { rejectionOf } from "../support/rejection.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

let server: TestServer | undefined;
let user: TestUser;
beforeEach(async () => {
  server ??= await startTestServer();
  user = await server.addUser();
});
afterAll(() => server?.close());

const running = (): TestServer => {
  if (server === undefined) throw new Error("The server has not been started");
  return server;
};

/** Ends the key as another instance of the server does: this instance is not told. */
async function endKey(change: object): Promise<void> {
  await running().prisma.apiKey.updateMany({ where: { userId: user.id }, data: change });
}

test.each([
  ["revoked", { revokedAt: new Date(0) }],
  ["expired", { expiresAt: new Date(0) }],
])("A key that the server knows stops at once where another instance has %s it.", async (_how, change) => {
  expect((await running().query(user.key, "{ viewer { id } }")).status).toBe(200);
  await endKey(change);
  const answers = await Promise.all([running().query(user.key, "{ viewer { id } }"), running().query(user.key, "{ __typename }")]);
  for (const answer of answers) expect(rejectionOf(answer)).toMatchObject({ http: 401, reason: "INVALID_TOKEN" });
});

test("A key that the server knows and that was deleted stops at once.", async () => {
  expect((await running().query(user.key, "{ viewer { id } }")).status).toBe(200);
  await running().prisma.apiKey.deleteMany({ where: { userId: user.id } });
  expect(rejectionOf(await running().query(user.key, "{ viewer { id } }"))).toMatchObject({ http: 401, reason: "INVALID_TOKEN" });
});

test("A known key that was revoked changes nothing any more.", async () => {
  expect((await running().query(user.key, "{ viewer { id } }")).status).toBe(200);
  await endKey({ revokedAt: new Date(0) });
  const answer = await running().query(user.key, 'mutation { createProject(input: { id: "late", name: "Late" }) { project { id } } }');
  expect(rejectionOf(answer)).toMatchObject({ http: 401, reason: "INVALID_TOKEN" });
  expect(await running().prisma.project.count({ where: { ownerId: user.id } })).toBe(0);
});
