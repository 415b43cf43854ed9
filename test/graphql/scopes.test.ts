import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { allScopes, type Scope } from "../../src/core/auth/scopes.js";
import { createSchema } from "../../src/server/graphql/schema.js";
import { createProject, run, save, uuid } from "../support/actions.js";
import { startTestServer, type TestServer } from "../support/server.js";

/** Stands for the id of the caller's first key. */
const KEY_ID = "KEY_ID";

/** Every root field that needs a caller, and the scope it needs; null where any key will do. */
const OPERATIONS: Readonly<Record<string, [Scope | null, string]>> = {
  projects: ["projects:read", "projects { id }"],
  projectsConnection: ["projects:read", "projectsConnection { edges { cursor } }"],
  project: ["projects:read", `project(id: "p") { id }`],
  sessions: ["sessions:read", "sessions { id }"],
  sessionsConnection: ["sessions:read", "sessionsConnection { edges { cursor } }"],
  session: ["sessions:read", `session(id: "${uuid(1)}") { id }`],
  searchSessions: ["sessions:read", `searchSessions(query: "hello") { total }`],
  stats: ["sessions:read", "stats { totalSessions }"],
  analytics: ["sessions:read", `analytics(timeRange: { start: "2026-01-01T00:00:00Z" }) { totalSessions }`],
  viewer: [null, "viewer { id }"],
  rateLimit: [null, "rateLimit { limit }"],
  createProject: ["projects:write", `createProject(input: { name: "New" }) { project { id } }`],
  updateProject: ["projects:write", `updateProject(input: { id: "p", name: "Changed" }) { project { id } }`],
  deleteProject: ["projects:write", `deleteProject(input: { id: "p" }) { deletedAt }`],
  saveSession: ["sessions:write", `saveSession(input: { projectId: "p", name: "New", markdown: "" }) { created }`],
  deleteSession: ["sessions:write", `deleteSession(input: { id: "${uuid(1)}" }) { id }`],
  addProjectMember: [
    "projects:write",
    `addProjectMember(input: { projectId: "p", email: "member@example.com", role: VIEWER }) { member { role } }`,
  ],
  removeProjectMember: ["projects:write", `removeProjectMember(input: { projectId: "p", email: "member@example.com" }) { projectId }`],
  createUser: ["admin", `createUser(input: { email: "new@example.com" }) { user { id } }`],
  createApiKey: ["keys:manage", `createApiKey(input: { name: "New", scopes: [KEYS_MANAGE] }) { key }`],
  revokeApiKey: ["keys:manage", `revokeApiKey(input: { id: "${KEY_ID}" }) { apiKey { id } }`],
  createDeviceCode: [null, "createDeviceCode { code }"],
};

const schema = createSchema();
const mutations = Object.keys(schema.getMutationType()?.getFields() ?? {});
const names = Object.keys(OPERATIONS);
const operation = (name: string) => `${mutations.includes(name) ? "mutation" : "query"} { ${OPERATIONS[name]?.[1]} }`;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_GRAPHQL: "10000/1h", RATE_LIMIT_AUTH_FAILURES: "10000/1m" });
  await server.addUser("member@example.com");
});
afterAll(() => server.close());

/** A user with a project "p" that has a session and a member, and a key with these scopes. */
async function prepare(scopes: readonly Scope[]): Promise<{ key: string; keyId: string }> {
  const user = await server.addUser();
  await createProject(server, user.key, { id: "p" });
  await save(server, user.key, { id: uuid(1), projectId: "p" });
  await server.query(user.key, operation("addProjectMember"));
  const key = await server.addKey(user, scopes);
  const { apiKeys } = (await run(server, user.key, "{ viewer { apiKeys { id } } }")).data.viewer;
  return { key, keyId: apiKeys[0].id };
}

test("The table of this test names every root field of the schema that is not public.", () => {
  const fields = [schema.getQueryType(), schema.getMutationType()].flatMap((type) => Object.values(type?.getFields() ?? {}));

  expect(
    fields
      .filter(({ extensions }) => extensions.public !== true)
      .map(({ name }) => name)
      .sort(),
  ).toEqual([...names].sort());
});

test.each(names)("%s works with the one scope it needs, and with no other.", async (name) => {
  const [scope] = OPERATIONS[name] ?? [];
  const able = await prepare(scope == null ? [] : [scope]);
  const good = await run(server, able.key, operation(name).replace(KEY_ID, able.keyId));

  expect(good.errors).toEqual([]);
  expect(good.data[name]).not.toBeNull();
  if (scope == null) return;

  // An admin manages keys too, so it is left out where keys are managed.
  const unable = await prepare(allScopes.filter((other) => other !== scope && !(scope === "keys:manage" && other === "admin")));
  const bad = await run(server, unable.key, operation(name).replace(KEY_ID, unable.keyId));

  expect(bad.status).toBe(200);
  expect(bad.data).toEqual({ [name]: null });
  expect(bad.errors).toMatchObject([{ path: [name], code: "FORBIDDEN", reason: "INSUFFICIENT_SCOPE", status: 403, requiredScope: scope }]);
});

test.each(names)("%s without a key is MISSING_TOKEN with its own path, beside a field that needs none.", async (name) => {
  const kind = mutations.includes(name) ? "mutation" : "query";
  const { data, errors } = await run(server, null, `${kind} { __typename ${OPERATIONS[name]?.[1]} }`);

  expect(data).toEqual({ __typename: kind === "mutation" ? "Mutation" : "Query", [name]: null });
  expect(errors).toMatchObject([{ path: [name], code: "UNAUTHENTICATED", reason: "MISSING_TOKEN", status: 401 }]);
});
