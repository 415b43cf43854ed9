import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { change, mutate, read, save } from "../support/actions.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

let server: TestServer;
let admin: TestUser;
beforeAll(async () => {
  server = await startTestServer();
  admin = await server.addUser("admin@example.com");
});
afterAll(() => server.close());

test("An admin makes a user, and a key for the user, who then works with it.", async () => {
  const { user } = await change(server, admin.key, "createUser", { email: "New.User@Example.com" }, "user { id email createdAt }");
  const { key } = await change(server, admin.key, "createApiKey", { name: "first", scopes: ["PROJECTS_READ"], userId: user.id }, "key");

  expect(user).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    email: "new.user@example.com",
    createdAt: server.clock.now().toISOString(),
  });
  expect(await read(server, key, `{ viewer { id email createdAt storedBytes } projects { id } }`)).toEqual({
    viewer: { ...user, storedBytes: 0 },
    projects: [],
  });
});

test("An address that a user has already, in whatever case, is a CONFLICT that names it, also when ten ask at once.", async () => {
  const ask = (email: string) => mutate(server, admin.key, "createUser", { email }, "user { id }");
  const all = await Promise.all(Array.from({ length: 10 }, () => ask("raced@example.com")));

  expect((await ask("ADMIN@example.COM")).errors).toMatchObject([
    { code: "CONFLICT", reason: "RESOURCE_CONFLICT", email: "admin@example.com" },
  ]);
  expect(all.filter(({ payload }) => payload !== null)).toHaveLength(1);
  expect(all.flatMap(({ errors }) => errors.map(({ reason }) => reason))).toEqual(Array(9).fill("RESOURCE_CONFLICT"));
});

test.each([
  "",
  "no address",
  "a@b",
  "two@example.com, three@example.com",
  "nul\u0000@example.com",
  "\ud800@example.com",
  `${"x".repeat(250)}@example.com`,
])("The address %j is a VALIDATION_ERROR.", async (email) => {
  const { payload, errors } = await mutate(server, admin.key, "createUser", { email }, "user { id }");

  expect(payload).toBeNull();
  expect(errors).toMatchObject([{ code: "VALIDATION_ERROR", fields: [{ path: ["input", "email"] }] }]);
});

test("The viewer is the user behind the key, with what the user stores, whatever the key's scopes.", async () => {
  const user = await server.addUser("me@example.com");
  await save(server, user.key, { markdown: "1234", rawData: "56", sessionData: "789" });
  const key = await server.addKey(user, ["sessions:write"]);

  expect(await read(server, key, `{ viewer { id email storedBytes } }`)).toEqual({
    viewer: { id: user.id, email: "me@example.com", storedBytes: 9 },
  });
});
