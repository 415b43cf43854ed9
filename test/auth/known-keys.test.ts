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

/** Uses the key, so that the server knows it, and returns its id. */
async function useKey(): Promise<string> {
  expect((await running().query(user.key, "{ viewer { id } }")).status).toBe(200);
  const [key] = await running().services.apiKeys.list(user.id, { limit: 1, offset: 0 });
  return key?.id ?? "";
}

async function expectTurnedAway(): Promise<void> {
  const answers = await Promise.all([running().query(user.key, "{ viewer { id } }"), running().query(user.key, "{ __typename }")]);
  for (const answer of answers) expect(rejectionOf(answer)).toMatchObject({ http: 401, reason: "INVALID_TOKEN" });
}

test("A key that the server knows stops at once where another instance has revoked it.", async () => {
  const id = await useKey();
  // As another instance does it, of which this one hears nothing.
  await running().services.apiKeys.revoke(id);
  await expectTurnedAway();
});

test("A key that revokes itself is turned away from the next request on.", async () => {
  const id = await useKey();
  const mutation = `mutation { revokeApiKey(input: { id: "${id}" }) { apiKey { id } } }`;
  expect((await running().query(user.key, mutation)).body).toEqual({ data: { revokeApiKey: { apiKey: { id } } } });
  await expectTurnedAway();
});

test("A key that the server knows ends with its time.", async () => {
  const { apiKey, text } = await running().services.apiKeys.create({
    userId: user.id,
    name: "short",
    scopes: ["projects:read"],
    expiresAt: new Date(running().clock.now().getTime() + 1_000),
  });
  expect(apiKey.revokedAt).toBeNull();
  expect((await running().query(text, "{ viewer { id } }")).status).toBe(200);
  running().clock.advance(1_000);
  expect(rejectionOf(await running().query(text, "{ viewer { id } }"))).toMatchObject({ http: 401, reason: "INVALID_TOKEN" });
});

test.each([
  ["revoked", (id: string) => running().prisma.apiKey.updateMany({ where: { id }, data: { revokedAt: new Date(0) } })],
  ["deleted", (id: string) => running().prisma.apiKey.deleteMany({ where: { id } })],
])("A key that somebody has %s in the database itself works for a tenth of a second at most.", async (_how, end) => {
  await end(await useKey());
  running().forgetKeys();
  await expectTurnedAway();
});

test("A known key that was revoked changes nothing any more.", async () => {
  await running().services.apiKeys.revoke(await useKey());
  const answer = await running().query(user.key, 'mutation { createProject(input: { id: "late", name: "Late" }) { project { id } } }');
  expect(rejectionOf(answer)).toMatchObject({ http: 401, reason: "INVALID_TOKEN" });
  expect(await running().prisma.project.count({ where: { ownerId: user.id } })).toBe(0);
});
