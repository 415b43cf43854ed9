import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createProject, read, run, save, share, uuid } from "../support/actions.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

let server: TestServer;
let owner: TestUser;
let other: TestUser;

beforeAll(async () => {
  server = await startTestServer();
  owner = await server.addUser(undefined, undefined, "100000/1h");
  other = await server.addUser();
  for (const id of ["p0", "p1"]) await createProject(server, owner.key, { id, name: `Project ${id}` });
  for (let number = 0; number < 6; number += 1) {
    const metadata = { title: `Title ${number}`, tags: [`tag ${number}`], llmModels: [] };
    const session = { id: uuid(number), name: `Session ${number}`, projectId: `p${number % 2}`, markdown: `Text ${number}`, metadata };
    await save(server, owner.key, session);
    server.clock.advance(1000);
  }
  await share(server, owner.key, "p1", other.email, "VIEWER");
});
afterAll(() => server.close());

/** How many statements a query of the owner needs, and its data. */
async function readCounting(query: string, variables?: Readonly<Record<string, unknown>>) {
  let data: Awaited<ReturnType<typeof read>>;
  const statements = await server.statementsOf(async () => {
    data = await read(server, owner.key, query, variables);
  });
  return { data, statements: statements.length };
}

test("Two aliases of one field with different arguments give each its own sessions.", async () => {
  const { data, statements } = await readCounting(
    `{ project(id: "p0") { few: sessions(limit: 1) { name } old: sessions(limit: 2, orderBy: CREATED_AT_ASC) { id name metadata { tags } } } }`,
  );
  expect(data.project).toEqual({
    few: [{ name: "Session 4" }],
    old: [
      { id: uuid(0), name: "Session 0", metadata: { tags: ["tag 0"] } },
      { id: uuid(2), name: "Session 2", metadata: { tags: ["tag 2"] } },
    ],
  });
  expect(statements).toBe(2);
});

test("One fragment with sessions serves several root fields, each with what else it selects.", async () => {
  const { data } = await readCounting(`query ($limit: Int) {
      one: project(id: "p0") { ...Page }
      two: project(id: "p1") { first: sessions(limit: 1) { id } ...Page }
      all: projects { id ...Page }
    }
    fragment Page on Project { sessions(limit: $limit) { ...Head } }
    fragment Head on Session { name ... on StoredSession { metadata { title } } ... on SessionSearchResult { snippet } }`, { limit: 2 }); // prettier-ignore
  const page = (...numbers: number[]) => numbers.map((number) => ({ name: `Session ${number}`, metadata: { title: `Title ${number}` } }));

  expect(data.one).toEqual({ sessions: page(4, 2) });
  expect(data.two).toEqual({ first: [{ id: uuid(5) }], sessions: page(5, 3) });
  expect(data.all).toEqual([
    { id: "p1", sessions: page(5, 3) },
    { id: "p0", sessions: page(4, 2) },
  ]);
});

test("Parts of one field in several fragments are read together.", async () => {
  const { data, statements } = await readCounting(`{ project(id: "p0") { ...A ...B } }
    fragment A on Project { sessions(limit: 1) { name } }
    fragment B on Project { sessions(limit: 1) { metadata { tags } project { id } } sessionCount }`); // prettier-ignore

  expect(data.project).toEqual({
    sessions: [{ name: "Session 4", metadata: { tags: ["tag 4"] }, project: { id: "p0" } }],
    sessionCount: 3,
  });
  expect(statements).toBe(1);
});

test("Fields under @skip and @include come out as the variables say.", async () => {
  const query = `query ($with: Boolean!) { project(id: "p0") {
    sessions(limit: 1) @include(if: $with) { name metadata @skip(if: $with) { title } }
    sessions(limit: 1) @skip(if: $with) { id metadata { title } } } }`;

  expect((await readCounting(query, { with: true })).data.project).toEqual({ sessions: [{ name: "Session 4" }] });
  expect((await readCounting(query, { with: false })).data.project).toEqual({
    sessions: [{ id: uuid(4), metadata: { title: "Title 4" } }],
  });
});

test("Only __typename of everything is read too.", async () => {
  const { data } = await readCounting(
    `{ projects { __typename } project(id: "p0") { sessions(limit: 1) { __typename metadata { __typename } project { __typename } } } }`,
  );
  expect(data.projects).toEqual([{ __typename: "Project" }, { __typename: "Project" }]);
  expect(data.project.sessions).toEqual([
    { __typename: "StoredSession", metadata: { __typename: "SessionMetadata" }, project: { __typename: "Project" } },
  ]);
});

test.each([
  ["a limit out of bounds", "limit: 0"],
  ["a filter that is not valid", `filters: { createdAfter: -1 }`],
])("With %s only that field fails, at its own path.", async (_what, args) => {
  const { data, errors } = await run(
    server,
    owner.key,
    `{ project(id: "p0") { name bad: sessions(${args}) { id } good: sessions(limit: 1) { id } } }`,
  );

  expect(data.project).toEqual({ name: "Project p0", bad: null, good: [{ id: uuid(4) }] });
  expect(errors).toEqual([expect.objectContaining({ code: "VALIDATION_ERROR", path: ["project", "bad"] })]);
});

test("A key without sessions:read sees projects; their sessions fail by themselves.", async () => {
  const key = await server.addKey(owner, ["projects:read"]);
  const { data, errors } = await run(server, key, `{ project(id: "p0") { name sessions(limit: 1) { id metadata { tags } } } }`);

  expect(data.project).toEqual({ name: "Project p0", sessions: null });
  expect(errors).toEqual([
    expect.objectContaining({ reason: "INSUFFICIENT_SCOPE", requiredScope: "sessions:read", path: ["project", "sessions"] }),
  ]);
});

test.each([
  ["one session", `session(id: "${uuid(0)}") { name project { id } }`, { name: "Session 0", project: null }, ["value", "project"]],
  [
    "one session of a project",
    `session(id: "${uuid(0)}", projectId: "p0") { name project { id } }`,
    { name: "Session 0", project: null },
    ["value", "project"],
  ],
  ["sessions", "sessions(limit: 1) { name project { id } }", [{ name: "Session 5", project: null }], ["value", 0, "project"]],
])("A key without projects:read sees %s; the project fails by itself.", async (_what, field, expected, path) => {
  const key = await server.addKey(owner, ["sessions:read"]);
  const { data, errors } = await run(server, key, `{ value: ${field} }`);

  expect(data.value).toEqual(expected);
  expect(errors).toEqual([expect.objectContaining({ reason: "INSUFFICIENT_SCOPE", requiredScope: "projects:read", path })]);
});

test("A member reads a shared project with its sessions; a stranger reads nothing of it.", async () => {
  const query = `{ project(id: "p1") { name sessions(limit: 1) { markdownContent metadata { title } } } }`;
  expect((await read(server, other.key, query)).project).toEqual({
    name: "Project p1",
    sessions: [{ markdownContent: "Text 5", metadata: { title: "Title 5" } }],
  });

  const { data, errors } = await run(server, other.key, query.replace("p1", "p0"));
  expect(data.project).toBeNull();
  expect(errors).toEqual([expect.objectContaining({ reason: "ACCESS_DENIED", path: ["project"] })]);
});

test("A later mutation of one operation shows what it wrote, and an earlier one what it wrote before.", async () => {
  const input = (name: string) =>
    `{ id: "${uuid(900)}", projectId: "own", name: "${name}", markdown: "${name}", metadata: { title: "${name}" } }`;
  const shown = "session { name markdownContent metadata { title } project { sessionCount sessions(limit: 1) { name markdownContent } } }";
  const writer = await server.addUser();
  const data = await read(
    server,
    writer.key,
    `mutation { first: saveSession(input: ${input("one")}) { ${shown} } second: saveSession(input: ${input("two")}) { ${shown} } }`,
  );
  const stored = (text: string) => ({
    session: {
      ...{ name: text, markdownContent: text, metadata: { title: text } },
      project: { sessionCount: 1, sessions: [{ name: text, markdownContent: text }] },
    },
  });

  expect(data).toEqual({ first: stored("one"), second: stored("two") });
});

test("Pages of a connection keep their cursors whatever is selected of the nodes.", async () => {
  const page = (after: string | null) =>
    read(server, owner.key, `query ($after: String) { sessionsConnection(first: 4, orderBy: NAME_ASC, after: $after) { edges { cursor node { metadata { title } } } pageInfo { hasNextPage } } }`, { after }); // prettier-ignore
  const first = (await page(null)).sessionsConnection;
  const second = (await page(first.edges[3].cursor)).sessionsConnection;

  const titles = [...first.edges, ...second.edges].map((edge: { node: { metadata: { title: string } } }) => edge.node.metadata.title);
  expect(titles).toEqual(["Title 0", "Title 1", "Title 2", "Title 3", "Title 4", "Title 5"]);
  expect(second.pageInfo.hasNextPage).toBe(false);
});

test("A project's sessions in every order and with every limit come as the loader would give them.", async () => {
  for (const orderBy of ["NAME_ASC", "NAME_DESC", "STARTED_AT_ASC", "MARKDOWN_SIZE_DESC", "UPDATED_AT_ASC"]) {
    for (const limit of [1, 2, 200]) {
      const args = `limit: ${limit}, orderBy: ${orderBy}`;
      // Filters are left to the loader; these match everything.
      const { data } = await readCounting(`{ projects { sessions(${args}) { id } filtered: sessions(${args}, filters: {}) { id } } }`);
      for (const { sessions, filtered } of data.projects) expect(sessions).toEqual(filtered);
    }
  }
});
