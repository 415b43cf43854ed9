import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { change, mutate, read } from "../support/actions.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

test("The viewer is the user behind the key.", async () => {
  const { id, email, key } = await server.addUser("viewer@example.com");
  expect(await read(server, key, "{ viewer { id email createdAt } }")).toEqual({
    viewer: { id, email, createdAt: server.clock.now().toISOString() },
  });
});

test("An admin makes a user, and a key with which that user works.", async () => {
  const { key } = await server.addUser();
  const { user } = await change(server, key, "createUser", { email: "New@Example.com" }, "user { id email }");
  expect(user.email).toBe("new@example.com");

  const made = await change(server, key, "createApiKey", { name: "first", scopes: ["PROJECTS_READ"], userId: user.id }, "key");
  expect(await read(server, made.key, "{ viewer { email } projects { id } }")).toEqual({
    viewer: { email: "new@example.com" },
    projects: [],
  });
});

test("An address that a user has already is CONFLICT, in whatever case it is written.", async () => {
  const { key } = await server.addUser("taken@example.com");
  const { payload, errors } = await mutate(server, key, "createUser", { email: "TAKEN@example.com" }, "user { id }");
  expect(payload).toBeNull();
  expect(errors).toMatchObject([{ code: "CONFLICT", email: "taken@example.com" }]);
});

test.each(["", "no address", "a@b", `${"x".repeat(250)}@example.com`, "nul\u0000@example.com"])(
  "%j is no address of a user.",
  async (email) => {
    const { key } = await server.addUser();
    const { errors } = await mutate(server, key, "createUser", { email }, "user { id }");
    expect(errors).toMatchObject([{ code: "VALIDATION_ERROR", fields: [{ path: ["input", "email"] }] }]);
  },
);

test("Making a user needs admin.", async () => {
  const user = await server.addUser();
  const key = await server.addKey(user, ["keys:manage", "projects:write"]);
  const { errors } = await mutate(server, key, "createUser", { email: "other@example.com" }, "user { id }");
  expect(errors).toMatchObject([{ code: "FORBIDDEN", requiredScope: "admin" }]);
});
