import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  getNamedType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
  type GraphQLField,
  type GraphQLNamedType,
} from "graphql";
import { allScopes, type Scope } from "../../src/core/auth/scopes.js";
import { createSchema } from "../../src/server/graphql/schema.js";
import { restRoutes } from "../../src/server/rest/routes.js";
import { createProject, read, save, share, uuid } from "../support/actions.js";
import { putBody, restClient } from "../support/rest.js";
import { startTestServer, type Answer, type TestServer, type TestUser } from "../support/server.js";

/** What the texts of projects and sessions are told by in answers. Ids are no secret: sessions name their project by it. */
const PROJECT_NAME = "secret-project-name";
const CONTENT = "secretcontent";
const DEPTH = 4;

const schema = createSchema();

/** All that can be selected of a type, so many levels deep. */
function everythingOf(type: GraphQLNamedType, depth: number): string {
  if (isLeafType(type)) return "";
  if (!isObjectType(type) && !isInterfaceType(type)) throw new Error(`What is ${type.name}?`);
  const fields = Object.values(type.getFields()).filter(({ args }) => !args.some(isRequiredArgument));
  const selected = fields.map((field) => selectionOf(field, depth)).filter((text) => text !== "");
  return `{ __typename ${selected.join(" ")} }`;
}

function selectionOf({ name, type }: GraphQLField<unknown, unknown>, depth: number): string {
  const named = getNamedType(type);
  if (isLeafType(named)) return name;
  return depth === 0 ? "" : `${name} ${everythingOf(named, depth - 1)}`;
}

/** The arguments of root fields that need some. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  project: `(id: "p")`,
  session: `(id: "${uuid(1)}")`,
  searchSessions: `(query: "${CONTENT}")`,
  analytics: `(timeRange: { start: "2026-01-01T00:00:00Z" })`,
  updateProject: `(input: { id: "p", color: "rose" })`,
  deleteProject: `(input: { id: "p" })`,
  createProject: `(input: { id: "p", name: "Another" })`,
  saveSession: `(input: { id: "${uuid(2)}", projectId: "p", name: "Another", markdown: "More" })`,
  deleteSession: `(input: { id: "${uuid(1)}" })`,
  addProjectMember: `(input: { projectId: "p", email: "another@example.com", role: VIEWER })`,
  removeProjectMember: `(input: { projectId: "p", email: "member@example.com" })`,
  acceptInvitation: `(input: { id: "${uuid(9)}" })`,
  declineInvitation: `(input: { id: "${uuid(9)}" })`,
  leaveProject: `(input: { projectId: "shared", ownerId: "${uuid(9)}" })`,
  createUser: `(input: { email: "another@example.com" })`,
  lockUser: `(input: { id: "${uuid(9)}" })`,
  unlockUser: `(input: { id: "${uuid(9)}" })`,
  deleteUser: `(input: { id: "${uuid(9)}", confirm: true })`,
  createApiKey: `(input: { name: "Another", scopes: [ADMIN] })`,
  revokeApiKey: `(input: { id: "${uuid(9)}" })`,
};

const operationsOf = (kind: "query" | "mutation") =>
  Object.values((kind === "query" ? schema.getQueryType() : schema.getMutationType())?.getFields() ?? {}).map((field) => {
    const { name, type } = field;
    return { name, text: `${kind} { ${name}${ARGUMENTS[name] ?? ""} ${everythingOf(getNamedType(type), DEPTH)} }` };
  });
const OPERATIONS = [...operationsOf("query"), ...operationsOf("mutation")];

let server: TestServer;
let user: TestUser;
let other: TestUser;
beforeAll(async () => {
  server = await startTestServer({
    MAX_KEYS_PER_USER: "1000",
    ...{
      RATE_LIMIT_GRAPHQL: "100000/1h",
      RATE_LIMIT_REST: "100000/1h",
      RATE_LIMIT_FIELDS: "Query.searchSessions=1000/1m,Query.analytics=1000/1m",
    },
    ...{ MAX_COMPLEXITY: "1000000000", MAX_TOKENS: "100000" },
  });
  [user, other] = [await server.addUser(), await server.addUser()];
  await server.addUser("member@example.com");
  await createProject(server, other.key, { id: "shared", name: PROJECT_NAME });
  await share(server, other.key, "shared", user.email, "EDITOR");
  await save(server, other.key, { id: uuid(5), projectId: "shared", markdown: CONTENT, sessionData: "{}" });
  await restore();
});
afterAll(() => server.close());

/** Makes the user's own project as it was at first. */
async function restore(): Promise<void> {
  await server.query(user.key, `mutation { deleteProject(input: { id: "p" }) { deletedAt } }`);
  await createProject(server, user.key, { id: "p", name: PROJECT_NAME });
  await share(server, user.key, "p", "member@example.com", "VIEWER");
  await save(server, user.key, { id: uuid(1), projectId: "p", markdown: CONTENT, sessionData: "{}" });
}

async function askRest(key: string, method: string, path: string): Promise<Answer> {
  const address = `/api/v1${path.replace("{projectId}", "p").replace("{sessionId}", uuid(1))}`;
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const body = ["GET", "DELETE"].includes(method) ? null : JSON.stringify(putBody({ query: CONTENT, name: "Another", device_code: "x" }));
  return server.send(address, { method, headers, body });
}

type Question = { readonly what: string; readonly writes?: boolean; readonly ask: (key: string) => Promise<Answer> };
const QUESTIONS: readonly Question[] = [
  ...restRoutes.map(({ method, path }) => ({
    what: `${method} ${path}`,
    writes: method !== "GET",
    ask: (key: string) => askRest(key, method, path),
  })),
  { what: "GET /projects?resumable=true", ask: (key) => restClient(server, key).get("/projects?resumable=true") },
  {
    what: "GET a session as Markdown",
    ask: (key) => restClient(server, key).get(`/projects/p/sessions/${uuid(1)}`, { accept: "text/markdown" }),
  },
  { what: "GET a shared session", ask: (key) => restClient(server, key).get(`/projects/shared/sessions/${uuid(5)}`) },
  ...OPERATIONS.map(({ name, text }) => ({
    what: name,
    writes: text.startsWith("mutation"),
    ask: (key: string) => server.query(key, text),
  })),
];

describe.each(allScopes)("With %s alone", (scope: Scope) => {
  test.each(QUESTIONS.map(({ what, ...question }) => [what, question] as const))(
    "%s tells and deletes no more than the scope allows.",
    async (_what, { ask, writes }) => {
      await restore();
      const key = await server.addKey(user, [scope]);
      const { status, body } = await ask(key);
      const told = JSON.stringify(body);
      const { sessions } = await read(server, user.key, "{ sessions { id } }");
      if (writes) await restore();

      expect([400, 422]).not.toContain(status);
      // Who may change a project is answered with the changed one.
      if (!scope.startsWith("projects:")) expect(told).not.toContain(PROJECT_NAME);
      if (!scope.startsWith("projects:") && scope !== "admin") expect(told.replaceAll(`"userId":"${user.id}"`, "")).not.toContain(other.id);
      if (scope !== "sessions:read") expect(told).not.toContain(CONTENT);
      if (scope !== "sessions:write") expect(sessions).toEqual(expect.arrayContaining([{ id: uuid(1) }, { id: uuid(5) }]));
    },
  );
});

test("With the scope to read projects too the same questions do tell the project's name.", async () => {
  const key = await server.addKey(user, ["projects:read", "sessions:read"]);
  const named: string[] = [];
  for (const { what, ask } of QUESTIONS) if (JSON.stringify((await ask(key)).body).includes(PROJECT_NAME)) named.push(what);

  expect(named).toEqual(
    expect.arrayContaining([
      "GET /projects/{projectId}/sessions/{sessionId}",
      "POST /search/resume",
      "GET a shared session",
      "session",
      "searchSessions",
    ]),
  );
});
