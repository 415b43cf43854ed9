import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { getIntrospectionQuery, type IntrospectionQuery } from "graphql";
import { restRoutes } from "../../src/server/rest/routes.js";
import { invite, read, uuid } from "../support/actions.js";
import { putBody, restClient } from "../support/rest.js";
import { startTestServer, type Answer, type TestServer } from "../support/server.js";

type TypeRef = { readonly name?: string; readonly ofType?: TypeRef | null };
type Ids = {
  readonly project: string;
  readonly session: string;
  readonly apiKey: string;
  readonly owner: string;
  readonly invitation: string;
};

let server: TestServer;
let foreign: Ids;
beforeAll(async () => {
  server = await startTestServer({ CONCEAL_FORBIDDEN: "true", RATE_LIMIT_AUTH_FAILURES: "1000/1m" });
  const { key, id: owner } = await server.addUser();
  await restClient(server, key).put(`/projects/theirs/sessions/${uuid(1)}`, putBody({ sessionData: "{}", markdown: "wanted" }));
  const [{ id }] = (await read(server, key, "{ viewer { apiKeys { id } } }")).viewer.apiKeys;
  const invitation = await invite(server, key, { projectId: "theirs", email: "invited@example.com", role: "VIEWER" });
  foreign = { project: "theirs", session: uuid(1), apiKey: id, owner, invitation };
});
afterAll(() => server.close());

let asked = 0;

/** Ids that nobody has: new ones each time, since some of what is asked makes them. They are as long as the foreign ones. */
function missingIds(): Ids {
  asked += 1;
  const [session, apiKey, owner, invitation] = [100, 200, 300, 400].map((first) => uuid(first + asked)) as [string, string, string, string];
  return { project: `none${String(asked).padStart(2, "0")}`, session, apiKey, owner, invitation };
}

/** All of an answer that could give an id away, but for the id itself. */
function seen({ status, headers, body }: Answer, ids: Ids) {
  const told = Object.values(ids).reduce((text, id) => text.replaceAll(id, "ID"), JSON.stringify(body));
  return { status, names: [...headers.keys()].sort(), body: told.replaceAll(headers.get("x-request-id") ?? "", "REQUEST") };
}

/**
 * Asks for another user's ids and for ids that nobody has, and gives the status of both. Nothing tells them apart, neither
 * the answer nor the statements that it took, which stand here for the time.
 */
async function compare(ask: (key: string, ids: Ids) => Promise<Answer>) {
  const sides = [];
  for (const ids of [foreign, missingIds()]) {
    const { key } = await server.addUser(undefined, ["projects:read", "projects:write", "sessions:read", "sessions:write", "keys:manage"]);
    await restClient(server, key).put(`/projects/mine/sessions/${uuid(5)}`, putBody());
    await server.settled();
    let answer: Answer | undefined;
    const statements = await server.everyStatementOf(async () => (answer = await ask(key, ids)));
    sides.push({ answer: answer === undefined ? null : seen(answer, ids), statements });
  }
  const [theirs, nobodys] = sides;
  expect(theirs?.statements.length).toBeGreaterThan(1);
  expect(theirs).toEqual(nobodys);
  return theirs?.answer?.status;
}

describe("With CONCEAL_FORBIDDEN", () => {
  const routes = restRoutes.filter(({ path }) => path.includes("{projectId}"));

  test.each(routes.map(({ method, path }) => [method, path]))(
    "%s %s does the same for a foreign id as for a missing one.",
    async (method, path) => {
      const body = method === "PUT" || method === "PATCH" ? JSON.stringify(putBody()) : null;
      const status = await compare((key, { project, session }) => {
        const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
        return server.send(`/api/v1${path.replace("{projectId}", project).replace("{sessionId}", session)}`, { method, headers, body });
      });
      expect(status).toBe(method === "PUT" ? 201 : path.endsWith("/sizes") ? 200 : 404);
    },
  );

  test("POST /search/resume does the same for a foreign project as for a missing one.", async () => {
    expect(
      await compare((key, { project }) => restClient(server, key).post("/search/resume", { query: "wanted", projectId: project })),
    ).toBe(200);
  });

  const OPERATIONS: [string, (ids: Ids) => string][] = [
    ["project", ({ project }) => `{ project(id: "${project}") { id } }`],
    ["session", ({ session }) => `{ session(id: "${session}") { id markdownContent } }`],
    ["session", ({ session, project }) => `{ session(id: "${session}", projectId: "${project}") { id } }`],
    ["sessions", ({ project }) => `{ sessions(filters: { projectId: "${project}" }) { id } }`],
    ["sessions", ({ project }) => `{ sessions(filters: { projectIds: ["mine", "${project}"] }) { name } }`],
    ["sessionsConnection", ({ project }) => `{ sessionsConnection(filters: { projectId: "${project}" }) { edges { node { id } } } }`],
    ["searchSessions", ({ project }) => `{ searchSessions(query: "wanted", filters: { projectId: "${project}" }) { total } }`],
    ["auditLog", ({ project }) => `{ auditLog(projectId: "${project}") { edges { cursor } } }`],
    ["auditLog", ({ project }) => `{ auditLog(projectId: "${project}", action: SESSION_CREATED) { edges { cursor } } }`],
    ["createProject", ({ project }) => `mutation { createProject(input: { id: "${project}", name: "N" }) { project { id name } } }`],
    ["updateProject", ({ project }) => `mutation { updateProject(input: { id: "${project}", name: "N" }) { project { id } } }`],
    ["deleteProject", ({ project }) => `mutation { deleteProject(input: { id: "${project}" }) { deletedAt } }`],
    ["saveSession", ({ project, session }) => `mutation { saveSession(input: { id: "${session}", projectId: "${project}", name: "N", markdown: "M" }) { created } }`],
    ["saveSession", ({ session }) => `mutation { saveSession(input: { id: "${session}", projectId: "mine", name: "N", markdown: "M" }) { created } }`],
    ["deleteSession", ({ session }) => `mutation { deleteSession(input: { id: "${session}" }) { id } }`],
    ["deleteSession", ({ project, session }) => `mutation { deleteSession(input: { id: "${session}", projectId: "${project}" }) { id } }`],
    ["addProjectMember", ({ project }) => `mutation { addProjectMember(input: { projectId: "${project}", email: "x@example.com", role: VIEWER }) { member { role } } }`],
    ["removeProjectMember", ({ project }) => `mutation { removeProjectMember(input: { projectId: "${project}", email: "x@example.com" }) { projectId } }`],
    ["leaveProject", ({ project, owner }) => `mutation { leaveProject(input: { projectId: "${project}", ownerId: "${owner}" }) { projectId } }`],
    ["acceptInvitation", ({ invitation }) => `mutation { acceptInvitation(input: { id: "${invitation}" }) { role } }`],
    ["declineInvitation", ({ invitation }) => `mutation { declineInvitation(input: { id: "${invitation}" }) { id } }`],
    ["revokeApiKey", ({ apiKey }) => `mutation { revokeApiKey(input: { id: "${apiKey}" }) { apiKey { id } } }`],
  ]; // prettier-ignore

  test.each(OPERATIONS)("the field %s does the same for a foreign id as for a missing one.", async (_field, operation) => {
    expect(await compare((key, ids) => server.query(key, operation(ids)))).toBe(200);
  });

  /** These ask for the scope admin before they look at the id. */
  const ONLY_ADMINS = ["lockUser", "unlockUser", "deleteUser"];

  test("these are all the fields that take an id.", async () => {
    const { data } = (await server.query(null, getIntrospectionQuery({ descriptions: false }))).body as { data: IntrospectionQuery };
    const types = new Map(data.__schema.types.map((type) => [type.name, type]));
    const takesId = (ref: TypeRef): boolean => {
      if (ref.ofType != null) return takesId(ref.ofType);
      const type = types.get(ref.name ?? "");
      return ref.name === "ID" || (type?.kind === "INPUT_OBJECT" && type.inputFields.some((field) => takesId(field.type)));
    };
    const roots = [types.get("Query"), types.get("Mutation")].flatMap((type) => (type?.kind === "OBJECT" ? type.fields : []));
    const found = roots.filter(({ args }) => args.some(({ type }) => takesId(type))).map(({ name }) => name);
    expect(new Set([...OPERATIONS.map(([field]) => field), ...ONLY_ADMINS])).toEqual(new Set(found));
  });
});

test("A key is found by the hash of its whole text: one that is wrong in its last character only is rejected like any other, by the same look-up.", async () => {
  const { key } = await server.addUser();
  const almost = `${key.slice(0, -1)}${key.endsWith("a") ? "b" : "a"}`;
  const nothingLike = `bks_live_${"0".repeat(key.length - "bks_live_".length)}`;
  const sides = [];
  for (const text of [almost, nothingLike, key.slice(0, -1)]) {
    for (const ask of [() => server.query(text, "{ __typename }"), () => restClient(server, text).get("/projects")]) {
      let answer: Answer | undefined;
      const statements = await server.everyStatementOf(async () => (answer = await ask()));
      const { status, headers, body } = answer as unknown as Answer; // the look-up above has run
      sides.push(
        JSON.stringify({ status, body, names: [...headers.keys()], statements }).replaceAll(headers.get("x-request-id") ?? "", "R"),
      );
    }
  }
  expect(new Set(sides).size).toBe(2);
  expect(sides[0]).toMatch(/"status":401,.*INVALID_TOKEN.*\\"hash\\" = ANY/);
});
