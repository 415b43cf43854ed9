import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { allScopes, type Scope } from "../../src/core/auth/scopes.js";
import { createSchema } from "../../src/server/graphql/schema.js";
import { createProject, invite, run, save, share, uuid } from "../support/actions.js";
import { startTestServer, type TestServer } from "../support/server.js";

/** Stand for the ids of the caller's first key, of an open invitation of the caller, and of another user. */
const [KEY_ID, INVITATION_ID, OTHER_ID] = ["KEY_ID", "INVITATION_ID", "OTHER_ID"];

/** Every root field that needs a caller, and the scopes it needs: none where any key will do. */
const OPERATIONS: Readonly<Record<string, [readonly Scope[], string]>> = {
  projects: [["projects:read"], "projects { id }"],
  projectsConnection: [["projects:read"], "projectsConnection { edges { cursor } }"],
  project: [["projects:read"], `project(id: "p") { id }`],
  sessions: [["sessions:read"], "sessions { id }"],
  sessionsConnection: [["sessions:read"], "sessionsConnection { edges { cursor } }"],
  session: [["sessions:read"], `session(id: "${uuid(1)}") { id }`],
  searchSessions: [["sessions:read"], `searchSessions(query: "hello") { total }`],
  stats: [["sessions:read"], "stats { totalSessions }"],
  analytics: [["sessions:read"], `analytics(timeRange: { start: "2026-01-01T00:00:00Z" }) { totalSessions }`],
  auditLog: [["projects:read", "keys:manage"], "auditLog { edges { cursor } }"],
  users: [["admin"], "users { id }"],
  viewer: [[], "viewer { id }"],
  rateLimit: [[], "rateLimit { limit }"],
  createProject: [["projects:write"], `createProject(input: { name: "New" }) { project { id } }`],
  updateProject: [["projects:write"], `updateProject(input: { id: "p", name: "Changed" }) { project { id } }`],
  deleteProject: [["projects:write", "sessions:write"], `deleteProject(input: { id: "p" }) { deletedAt }`],
  saveSession: [["sessions:write"], `saveSession(input: { projectId: "p", name: "New", markdown: "" }) { created }`],
  deleteSession: [["sessions:write"], `deleteSession(input: { id: "${uuid(1)}" }) { id }`],
  addProjectMember: [
    ["projects:write"],
    `addProjectMember(input: { projectId: "p", email: "member@example.com", role: VIEWER }) { member { role } }`,
  ],
  removeProjectMember: [["projects:write"], `removeProjectMember(input: { projectId: "p", email: "member@example.com" }) { projectId }`],
  acceptInvitation: [["projects:write"], `acceptInvitation(input: { id: "${INVITATION_ID}" }) { role }`],
  declineInvitation: [["projects:write"], `declineInvitation(input: { id: "${INVITATION_ID}" }) { id }`],
  leaveProject: [["projects:write"], `leaveProject(input: { projectId: "joined", ownerId: "${OTHER_ID}" }) { projectId }`],
  createUser: [["admin"], `createUser(input: { email: "new@example.com" }) { user { id } }`],
  lockUser: [["admin"], `lockUser(input: { id: "${OTHER_ID}" }) { user { id } }`],
  unlockUser: [["admin"], `unlockUser(input: { id: "${OTHER_ID}" }) { user { id } }`],
  deleteUser: [["admin"], `deleteUser(input: { id: "${OTHER_ID}", confirm: true }) { isDeleted }`],
  createApiKey: [["keys:manage"], `createApiKey(input: { name: "New", scopes: [KEYS_MANAGE] }) { key }`],
  revokeApiKey: [["keys:manage"], `revokeApiKey(input: { id: "${KEY_ID}" }) { apiKey { id } }`],
  createDeviceCode: [[], "createDeviceCode { code }"],
};

const schema = createSchema();
const mutations = Object.keys(schema.getMutationType()?.getFields() ?? {});
const names = Object.keys(OPERATIONS);
const operation = (name: string) => `${mutations.includes(name) ? "mutation" : "query"} { ${OPERATIONS[name]?.[1] ?? ""} }`;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_GRAPHQL: "10000/1h", RATE_LIMIT_AUTH_FAILURES: "10000/1m" });
  await server.addUser("member@example.com");
});
afterAll(() => server.close());

/** A user with all that the operations name, and a key with these scopes; gives the operation with the true ids. */
async function prepare(scopes: readonly Scope[], name: string): Promise<{ key: string; text: string }> {
  const [user, other] = [await server.addUser(), await server.addUser()];
  await createProject(server, user.key, { id: "p" });
  await save(server, user.key, { id: uuid(1), projectId: "p" });
  await share(server, user.key, "p", "member@example.com", "VIEWER");
  for (const id of ["joined", "offered"]) await createProject(server, other.key, { id });
  await share(server, other.key, "joined", user.email, "EDITOR");
  const invitationId = await invite(server, other.key, { projectId: "offered", email: user.email, role: "VIEWER" });
  const key = await server.addKey(user, scopes);
  const { apiKeys } = (await run(server, user.key, "{ viewer { apiKeys { id } } }")).data.viewer;
  const text = operation(name).replace(KEY_ID, apiKeys[0].id).replace(INVITATION_ID, invitationId).replace(OTHER_ID, other.id);
  return { key, text };
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

test.each(names)("%s works with just the scopes it needs.", async (name) => {
  const { key, text } = await prepare(OPERATIONS[name]?.[0] ?? [], name);
  const { data, errors } = await run(server, key, text);

  expect(errors).toEqual([]);
  expect(data[name]).not.toBeNull();
});

test.each(names.flatMap((name) => (OPERATIONS[name]?.[0] ?? []).map((scope) => [name, scope] as const)))(
  "%s with every scope but %s is FORBIDDEN and names the scope.",
  async (name, scope) => {
    // An admin manages keys too and reads the whole audit log, so it is left out there.
    const isAdminToo = scope === "keys:manage" || name === "auditLog";
    const others = allScopes.filter((other) => other !== scope && !(isAdminToo && other === "admin"));
    const { key, text } = await prepare(others, name);
    const { status, data, errors } = await run(server, key, text);

    expect(status).toBe(200);
    expect(data).toEqual({ [name]: null });
    expect(errors).toMatchObject([{ path: [name], code: "FORBIDDEN", reason: "INSUFFICIENT_SCOPE", status: 403, requiredScope: scope }]);
  },
);

test.each(names)("%s without a key is MISSING_TOKEN with its own path, beside a field that needs none.", async (name) => {
  const kind = mutations.includes(name) ? "mutation" : "query";
  const { data, errors } = await run(server, null, `${kind} { __typename ${OPERATIONS[name]?.[1]} }`);

  expect(data).toEqual({ __typename: kind === "mutation" ? "Mutation" : "Query", [name]: null });
  expect(errors).toMatchObject([{ path: [name], code: "UNAUTHENTICATED", reason: "MISSING_TOKEN", status: 401 }]);
});
