import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { change, createProject, invite, read, save, share, uuid } from "../support/actions.js";
import { UNLIMITED } from "../support/search.js";
import { startTestServer, type TestServer } from "../support/server.js";

const FEW = 2;
const MANY = 20;

let server: TestServer;
let few: string;
let many: string;

/** A user with so many projects, each with a member and so many sessions, and with so many invitations. */
async function addUserWith(count: number): Promise<string> {
  const { key, email } = await server.addUser(undefined, undefined, "100000/1h");
  const member = await server.addUser();
  for (let project = 0; project < count; project += 1) {
    await createProject(server, key, { id: `p${project}` });
    await share(server, key, `p${project}`, member.email, "VIEWER");
    await createProject(server, member.key, { id: `offered${project}` });
    await invite(server, member.key, { projectId: `offered${project}`, email, role: "VIEWER" });
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
  server = await startTestServer(UNLIMITED);
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
  "the viewer's invitations": "{ viewer { email invitations { id role project { id name } } } }",
  "the audit log": "{ auditLog(first: 50) { edges { cursor node { action actorEmail details } } } }",
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

const ONE_STATEMENT: Readonly<Record<string, string>> = {
  "a project with a page of its sessions":
    `{ project(id: "p0") { id name sessions(limit: 10) { id name createdAt markdownSize metadata { clientName llmModels tags } } } }`,
  "a session with its content and project": `{ session(id: "${uuid(1)}") { id name markdownContent project { id name } } }`,
  "a session of a project with its content": `{ session(id: "${uuid(0)}", projectId: "p0") { name markdownContent project { name } metadata { tags } } }`,
  "projects with pages of their sessions": "{ projects(limit: 20) { id name sessions(limit: 5) { id name metadata { tags } } } }",
  "sessions with metadata and project": "{ sessions { id name metadata { tags title } project { id name sessionCount } } }",
  "a page of sessions with metadata and project": "{ sessionsConnection(first: 5) { edges { cursor node { name metadata { tags } project { name } } } } }",
  "a page of projects with their sessions": "{ projectsConnection(first: 5) { edges { node { name sessions(limit: 2) { name project { name } } } } } }",
}; // prettier-ignore

test.each(Object.entries(ONE_STATEMENT))("One statement reads %s.", async (_what, query) => {
  expect(await server.statementsOf(() => read(server, many, query))).toHaveLength(1);
});

const BOUNDED: readonly (readonly [string, number, string])[] = [
  ["two pages of one project", 2, `{ project(id: "p0") { a: sessions(limit: 1) { metadata { tags } } b: sessions(limit: 2) { metadata { tags } } } }`],
  ["the Markdown of many sessions", 2, "{ sessions { name markdownContent metadata { tags } project { name } } }"],
  ["projects of sessions with their sessions", 2, "{ sessions { project { sessions(limit: 2) { name metadata { tags } project { name } } } } }"],
  ["filtered sessions of projects", 2, `{ projects { sessions(filters: { tags: ["shared"] }) { name metadata { tags } project { name } } } }`],
  ["pages of the sessions of projects", 2, "{ projects { sessionsConnection(first: 2) { edges { cursor node { name metadata { tags } project { name } } } } } }"],
  ["three root fields", 3, `{ projects { sessions { name metadata { tags } } } sessions { metadata { tags } } session(id: "${uuid(1)}") { markdownContent } }`],
]; // prettier-ignore

test.each(BOUNDED)("Reading %s takes %d statements.", async (_what, count, query) => {
  expect(await server.statementsOf(() => read(server, many, query))).toHaveLength(count);
});

test("The text of a query's statement does not depend on the values, so that it is prepared once.", async () => {
  const query = "query ($limit: Int) { projects(limit: $limit) { id sessions(limit: $limit) { id } } }";
  const texts = await server.statementsOf(async () => {
    for (const limit of [1, 5, 16]) await read(server, many, query, { limit });
  });
  expect(new Set(texts).size).toBe(1);
});
