import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

test("A query whose fields fail for four reasons gives the good field's data and four errors, each with its code, reason, path and details.", async () => {
  const other = await server.addUser();
  await server.query(other.key, `mutation { createProject(input: { id: "theirs", name: "Theirs" }) { project { id } } }`);
  const user = await server.addUser();
  const key = await server.addKey(user, ["projects:read", "projects:write"]);
  await server.query(key, `mutation { createProject(input: { id: "mine", name: "Mine" }) { project { id } } }`);

  const { status, body } = await server.query(
    key,
    `{ good: project(id: "mine") { name } scope: sessions { id } foreign: project(id: "theirs") { name } missing: project(id: "none") { name } bad: projects(limit: 201) { id } }`,
  );

  expect(status).toBe(200);
  expect(body.data).toEqual({ good: { name: "Mine" }, scope: null, foreign: null, missing: null, bad: null });
  expect(body.errors).toHaveLength(4);
  const byPath = Object.fromEntries(
    body.errors.map((error: { path: string[]; extensions: object }) => [error.path.join("."), error.extensions]),
  );
  expect(byPath.scope).toMatchObject({ code: "FORBIDDEN", reason: "INSUFFICIENT_SCOPE", status: 403, requiredScope: "sessions:read" });
  expect(byPath.foreign).toMatchObject({ code: "FORBIDDEN", reason: "ACCESS_DENIED", projectId: "theirs" });
  expect(byPath.missing).toMatchObject({ code: "NOT_FOUND", reason: "RESOURCE_NOT_FOUND", projectId: "none" });
  expect(byPath.bad).toMatchObject({ code: "VALIDATION_ERROR", reason: "INVALID_PARAMETER", fields: [{ path: ["limit"] }] });
});
