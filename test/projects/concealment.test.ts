import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createProject, invite, read, save, share, uuid } from "../support/actions.js";
import { startTestServer, type Answer, type TestServer, type TestUser } from "../support/server.js";

let server: TestServer;
let stranger: TestUser;
let owner: TestUser;
beforeAll(async () => {
  server = await startTestServer({ CONCEAL_FORBIDDEN: "true" });
  owner = await server.addUser();
  stranger = await server.addUser();
  await createProject(server, owner.key, { id: "theirs-" });
  await save(server, owner.key, { id: uuid(1), projectId: "theirs-" });
  await createProject(server, stranger.key, { id: "mine" });
});
afterAll(() => server.close());

const OPERATIONS: [string, string, string][] = [
  ["a project", `query ($id: ID!) { value: project(id: $id) { id } }`, "project"],
  ["a session", `query ($id: ID!) { value: session(id: $id) { id } }`, "session"],
  ["a session of a project", `query ($id: ID!) { value: session(id: "${uuid(1)}", projectId: $id) { id } }`, "project"],
  ["an update", `mutation ($id: ID!) { value: updateProject(input: { id: $id, name: "X" }) { project { id } } }`, "project"],
  ["a deletion", `mutation ($id: ID!) { value: deleteProject(input: { id: $id }) { deletedAt } }`, "project"],
  ["a deletion of a session", `mutation ($id: ID!) { value: deleteSession(input: { id: $id }) { id } }`, "session"],
  ["a new member", `mutation ($id: ID!) { value: addProjectMember(input: { projectId: $id, email: "x@example.com", role: VIEWER }) { member { role } } }`, "project"],
  ["a removed member", `mutation ($id: ID!) { value: removeProjectMember(input: { projectId: $id, email: "x@example.com" }) { projectId } }`, "project"],
]; // prettier-ignore

/** All that an answer tells, with the ids of request and resource made the same. */
function seen({ status, headers, body }: Answer, id: string) {
  const told = [...headers].filter(([name]) => !["x-request-id", "x-ratelimit-remaining", "ratelimit", "date"].includes(name));
  return JSON.parse(
    JSON.stringify({ status, told, body })
      .replaceAll(headers.get("x-request-id") ?? "", "R")
      .replaceAll(id, "ID"),
  ) as unknown;
}

test.each(OPERATIONS)("With CONCEAL_FORBIDDEN %s of another user looks exactly like a missing one.", async (_what, query, kind) => {
  const [foreignId, missingId] = kind === "project" ? ["theirs-", "no such"] : [uuid(1), uuid(9)];
  const foreign = await server.query(stranger.key, query, { id: foreignId });
  const missing = await server.query(stranger.key, query, { id: missingId });

  expect(missing.body.errors[0].extensions).toMatchObject({ code: "NOT_FOUND", reason: "RESOURCE_NOT_FOUND" });
  expect(seen(foreign, foreignId)).toEqual(seen(missing, missingId));
});

test("With CONCEAL_FORBIDDEN to leave a project of another user is answered as if the user had none with that id.", async () => {
  const leave = async (projectId: string) => {
    const query = `mutation ($id: ID!) { leaveProject(input: { projectId: $id, ownerId: "${owner.id}" }) { projectId } }`;
    return seen(await server.query(stranger.key, query, { id: projectId }), projectId);
  };
  await invite(server, owner.key, { projectId: "theirs-", email: stranger.email, role: "VIEWER" }); // which changes nothing

  expect(await leave("theirs-")).toEqual(await leave("no such"));
  expect(await leave("theirs-")).toMatchObject({ body: { errors: [{ extensions: { reason: "RESOURCE_NOT_FOUND" } }] } });
});

test("With CONCEAL_FORBIDDEN another user's API key looks exactly like a missing one to who may not administer.", async () => {
  const owner = await server.addUser();
  const key = await server.addKey(stranger, ["keys:manage"]);
  const [theirs] = (await read(server, owner.key, `{ viewer { apiKeys { id } } }`)).viewer.apiKeys;
  const revoke = async (id: string) =>
    seen(await server.query(key, `mutation { revokeApiKey(input: { id: "${id}" }) { apiKey { id } } }`), id);

  expect(await revoke(theirs.id)).toEqual(await revoke(uuid(9)));
  expect(await revoke(theirs.id)).toMatchObject({ body: { errors: [{ extensions: { reason: "RESOURCE_NOT_FOUND" } }] } });
});

test("With CONCEAL_FORBIDDEN a VIEWER, who knows the project, is told that the role does not allow a write.", async () => {
  const owner = await server.addUser();
  const viewer = await server.addUser();
  await createProject(server, owner.key, { id: "known" });
  await share(server, owner.key, "known", viewer.email, "VIEWER");

  const { body } = await server.query(viewer.key, `mutation { updateProject(input: { id: "known", name: "X" }) { project { id } } }`);

  expect(body.errors[0].extensions).toMatchObject({ code: "FORBIDDEN", reason: "ACCESS_DENIED" });
});
