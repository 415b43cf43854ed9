import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { change, createProject, read, save, share, uuid } from "../support/actions.js";
import { startTestServer, type TestServer } from "../support/server.js";

const FEW = 2;
const MANY = 20;

let server: TestServer;
let few: string;
let many: string;

/** A user with so many projects, each with a member and so many sessions. */
async function addUserWith(count: number): Promise<string> {
  const { key } = await server.addUser(undefined, undefined, "100000/1h");
  const member = await server.addUser();
  for (let project = 0; project < count; project += 1) {
    await createProject(server, key, { id: `p${project}` });
    await share(server, key, `p${project}`, member.email, "VIEWER");
  }
  for (let number = 0; number < count * 2; number += 1) {
    const metadata = { tags: ["shared"], llmModels: ["model"], gitBranches: ["main"] };
    await save(server, key, { id: uuid(number), projectId: `p${number % count}`, markdown: "walrus walrus walrus", metadata });
  }
  for (let number = 0; number < count; number += 1) {
    await change(server, key, "createApiKey", { name: `key ${number}`, scopes: ["PROJECTS_READ"] }, "apiKey { id }");
  }
  return key;
}

beforeAll(async () => {
  server = await startTestServer();
  few = await addUserWith(FEW);
  many = await addUserWith(MANY);
});
afterAll(() => server.close());

const SESSION =
  "id name metadata { tags } markdownContent project { name } projectId relatedSessions(limit: 3) { id similarity project { id } }";

const QUERIES: Readonly<Record<string, string>> = {
  "projects with their members": "{ projects { id members { role user { email } } } }",
  "projects with their sessions": `{ projects { id sessions(limit: 2) { ${SESSION} } } }`,
  "projects with the same field under two aliases": "{ projects { a: sessions(limit: 1) { id } b: sessions(limit: 2) { id } } }",
  "projects with their statistics":
    "{ projects { stats { totalSessions uniqueLLMModels sessionsByDay { date count } topTags { tag count } } } }",
  "projects with pages of their sessions": `{ projects { sessionsConnection(first: 2) { edges { cursor node { ${SESSION} } } pageInfo { hasNextPage } } } }`,
  "projects with everything": `{ projects { id members { user { id } } stats { totalSessions topTags { tag } } sessions(limit: 1) { ${SESSION} }
    filtered: sessions(filters: { tags: ["shared"], projectId: "p1" }) { id } sessionsConnection(last: 1) { edges { node { id } } } } }`,
  "a connection of projects": "{ projectsConnection(first: 20) { edges { cursor node { id sessions { id } } } pageInfo { hasNextPage } } }",
  sessions: `{ sessions { ${SESSION} } }`,
  "a connection of sessions": `{ sessionsConnection(first: 20) { edges { node { ${SESSION} } } } }`,
  "search results": `{ searchSessions(query: "walrus", limit: 20) { total results { rank snippet ${SESSION} } } }`,
  "the viewer's keys": "{ viewer { email apiKeys { id scopes } } }",
};

test.each(Object.entries(QUERIES))("The number of statements for %s does not grow with the rows.", async (_what, query) => {
  const forFew = await server.statementsOf(() => read(server, few, query));
  const forMany = await server.statementsOf(() => read(server, many, query));

  expect(forFew.length).toBeGreaterThan(0);
  expect(forMany).toHaveLength(forFew.length);
});

test.each([
  "{ sessions { id name markdownSize metadata { tags } } }",
  "{ projects { sessions { id name } } }",
  "{ sessionsConnection { edges { node { name } } } }",
])("A list that shows no content reads none: %s", async (query) => {
  const statements = await server.statementsOf(() => read(server, many, query));
  expect(statements.filter((sql) => sql.includes('"SessionContent"'))).toEqual([]);
});

test("Projects with their counts cost one statement, which does not look at sessions.", async () => {
  const statements = await server.statementsOf(() => read(server, many, "{ projects { id name sessionCount lastActivity } }"));
  expect(statements).toHaveLength(1);
  expect(statements[0]).not.toContain('"Session"');
});

test.each([
  ["a new session", { id: uuid(500), projectId: "p0" }],
  ["a session of a new project", { id: uuid(501), projectId: "new" }],
  ["a session that is replaced", { id: uuid(0), projectId: "p0", markdown: "again", sessionData: "data" }],
])("Storing %s costs at most four statements, the transaction's own included.", async (_what, input) => {
  const statements = await server.statementsOf(() => save(server, many, input));

  expect(statements.length).toBeGreaterThan(0);
  expect(statements.length).toBeLessThanOrEqual(4);
});

test("One session with its content costs at most three statements.", async () => {
  const statements = await server.statementsOf(() =>
    read(server, many, `{ session(id: "${uuid(1)}") { name markdownContent project { name } } }`),
  );
  expect(statements.length).toBeLessThanOrEqual(3);
});
