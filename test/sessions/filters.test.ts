import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { change, createProject, read, run, save, share, uuid } from "../support/actions.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

const DAY_MS = 86_400_000;

let server: TestServer;
let user: TestUser;
let start: number;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_GRAPHQL: "10000/1h" });
  user = await server.addUser();
  const other = await server.addUser();
  start = server.clock.now().getTime();
  const sessions: [string, string, string, object][] = [
    ["a", "one", "apple pie", { clientName: "cli", agentName: "Claude", deviceId: "d1", gitBranches: ["main"], llmModels: ["m1"], tags: ["bug"] }],
    ["b", "one", "banana", { clientName: "vscode", agentName: "Codex", deviceId: "d2", gitBranches: ["dev", "main"], llmModels: ["m1", "m2"], tags: ["ui"] }],
    ["c", "two", "apple banana", { clientName: "cli", agentName: "Codex", deviceId: "d3", gitBranches: [], llmModels: [], tags: ["bug", "ui"] }],
    ["d", "three", "cherry", {}],
  ]; // prettier-ignore
  for (const [index, [name, projectId, markdown, metadata]] of sessions.entries()) {
    await save(server, user.key, { id: uuid(index), name, projectId, markdown, metadata });
    server.clock.advance(DAY_MS);
  }
  // A shared session, e, and one of another user's that is not.
  await createProject(server, other.key, { id: "shared" });
  await share(server, other.key, "shared", user.email, "VIEWER");
  await save(server, other.key, {
    id: uuid(4),
    name: "e",
    projectId: "shared",
    markdown: "apple",
    metadata: { clientName: "cli", tags: ["bug"] },
  });
  await save(server, other.key, {
    id: uuid(5),
    name: "f",
    projectId: "one",
    markdown: "apple",
    metadata: { clientName: "cli", tags: ["bug"] },
  });
});
afterAll(() => server.close());

const at = (days: number) => new Date(start + days * DAY_MS).toISOString();

const LISTS = `query ($filters: SessionFilters) {
  sessions(filters: $filters, orderBy: NAME_ASC) { name }
  sessionsConnection(filters: $filters, orderBy: NAME_ASC) { edges { node { name } } }
  projects { sessions(filters: $filters) { name } sessionsConnection(filters: $filters) { edges { node { name } } } }
}`;

type Named = { name: string };
type Edges = { edges: { node: Named }[] };
const joined = (rows: Named[]) => rows.map(({ name }) => name).join("");
const nodes = ({ edges }: Edges) => edges.map(({ node }) => node);

/** What each of the four lists that take filters gives, the nested ones put together. */
async function found(filters: object): Promise<string[]> {
  const { sessions, sessionsConnection, projects } = await read(server, user.key, LISTS, { filters });
  const nested = (of: (project: { sessions: Named[]; sessionsConnection: Edges }) => Named[]) =>
    joined(projects.flatMap(of)).split("").sort().join("");
  return [
    joined(sessions),
    joined(nodes(sessionsConnection)),
    nested((project) => project.sessions),
    nested((project) => nodes(project.sessionsConnection)),
  ];
}

const CASES: [string, () => object, string][] = [
  ["no filter", () => ({}), "abcde"],
  ["a projectId", () => ({ projectId: "one" }), "ab"],
  ["an unknown projectId", () => ({ projectId: "none" }), ""],
  ["a shared projectId", () => ({ projectId: "shared" }), "e"],
  ["projectIds", () => ({ projectIds: ["one", "three", "none", "shared"] }), "abde"],
  ["projectId and projectIds", () => ({ projectId: "one", projectIds: ["one", "two"] }), "ab"],
  ["projectId and other projectIds", () => ({ projectId: "one", projectIds: ["two"] }), ""],
  ["a clientName", () => ({ clientName: "cli" }), "ace"],
  ["clientNames", () => ({ clientNames: ["cli", "vscode", "none"] }), "abce"],
  ["clientName and clientNames", () => ({ clientName: "cli", clientNames: ["vscode"] }), ""],
  ["an agentName", () => ({ agentName: "Codex" }), "bc"],
  ["agentNames", () => ({ agentNames: ["Claude", "Codex"] }), "abc"],
  ["a deviceId", () => ({ deviceId: "d2" }), "b"],
  ["deviceIds", () => ({ deviceIds: ["d1", "d3"] }), "ac"],
  ["gitBranches", () => ({ gitBranches: ["main", "none"] }), "ab"],
  ["llmModels", () => ({ llmModels: ["m2"] }), "b"],
  ["tags", () => ({ tags: ["bug", "ui"] }), "abce"],
  ["a tag of which another is the beginning", () => ({ tags: ["bu"] }), ""],
  ["a dateRange, both ends included", () => ({ dateRange: { start: at(1), end: at(2) } }), "bc"],
  ["a dateRange without an end", () => ({ dateRange: { start: at(2) } }), "cde"],
  ["a dateRange without a start", () => ({ dateRange: { end: at(1) } }), "ab"],
  ["an empty dateRange", () => ({ dateRange: {} }), "abcde"],
  ["a startDate", () => ({ startDate: at(3) }), "de"],
  ["an endDate", () => ({ endDate: at(0) }), "a"],
  ["startDate and endDate of one moment", () => ({ startDate: at(2), endDate: at(2) }), "c"],
  ["dateRange and startDate", () => ({ dateRange: { end: at(2) }, startDate: at(1) }), "bc"],
  ["createdAfter days", () => ({ createdAfter: 2 }), "cde"],
  ["createdAfter 0 days", () => ({ createdAfter: 0 }), "e"],
  ["git branches", () => ({ hasGitBranches: true }), "ab"],
  ["no git branches", () => ({ hasGitBranches: false }), "cde"],
  ["a searchText", () => ({ searchText: "apple" }), "ace"],
  ["a searchText in the syntax of searches", () => ({ searchText: `apple -banana or "cherry"` }), "ade"],
  ["a blank searchText, which filters nothing", () => ({ searchText: "  " }), "abcde"],
  ["an empty list, which nothing matches", () => ({ tags: [] }), ""],
  ["null, which is no filter", () => ({ tags: null, projectId: null, projectIds: null, dateRange: null, searchText: null, hasGitBranches: null }), "abcde"],
  ["filters that hold together", () => ({ clientName: "cli", tags: ["bug"], searchText: "apple", hasGitBranches: true }), "a"],
  ["filters of which one fails", () => ({ clientName: "cli", tags: ["bug"], gitBranches: ["dev"] }), ""],
]; // prettier-ignore

test.each(CASES)("Every list of sessions with %s has those alone that match.", async (_what, filters, names) => {
  expect(await found(filters())).toEqual([names, names, names, names]);
});

test("A search takes the filters of lists.", async () => {
  const search = async (filters: object) => {
    const query = `query ($filters: SessionFilters) { searchSessions(query: "apple", filters: $filters) { total results { name } } }`;
    const { total, results } = (await read(server, user.key, query, { filters })).searchSessions;
    return [total, joined(results).split("").sort().join("")];
  };

  expect(await search({})).toEqual([3, "ace"]);
  expect(await search({ projectIds: ["one", "shared"] })).toEqual([2, "ae"]);
  expect(await search({ projectId: "none" })).toEqual([0, ""]);
  expect(await search({ tags: ["ui"] })).toEqual([1, "c"]);
  expect(await search({ searchText: "banana" })).toEqual([1, "c"]);
  expect(await search({ createdAfter: 2 })).toEqual([2, "ce"]);
});

test("A projectId names one project: the user's own one, not also a shared one with an equal id.", async () => {
  const guest = await server.addUser();
  const owner = await server.addUser();
  await save(server, guest.key, { projectId: "both", name: "own" });
  await save(server, owner.key, { projectId: "both", name: "shared" });
  await share(server, owner.key, "both", guest.email, "VIEWER");

  const { sessions } = await read(server, guest.key, `{ sessions(filters: { projectId: "both" }) { name } }`);
  expect(sessions).toEqual([{ name: "own" }]);
  await change(server, guest.key, "deleteProject", { id: "both" }, "deletedAt");
  expect((await read(server, guest.key, `{ sessions(filters: { projectIds: ["both"] }) { name } }`)).sessions).toEqual([
    { name: "shared" },
  ]);
});

const BAD: [object, string[][]][] = [
  [{ startDate: "2026-02-01T00:00:00Z", endDate: "2026-01-01T00:00:00Z" }, [["startDate"]]],
  [{ dateRange: { start: "2026-02-01T00:00:00Z", end: "2026-01-01T00:00:00Z" } }, [["dateRange", "start"]]],
  [{ startDate: "0000-01-01T00:00:00Z" }, [["startDate"]]],
  [{ createdAfter: -1 }, [["createdAfter"]]],
  [{ createdAfter: 2147483647 }, [["createdAfter"]]],
  [{ tags: ["\u0000"] }, [["tags", "0"]]],
  [{ projectId: "\ud800" }, [["projectId"]]],
  [{ clientNames: Array.from({ length: 201 }, String) }, [["clientNames"]]],
  [{ searchText: "x".repeat(1_001) }, [["searchText"]]],
  [
    { createdAfter: -1, searchText: "\u0000", startDate: "2026-02-01T00:00:00Z", endDate: "2026-01-01T00:00:00Z" },
    [["createdAfter"], ["searchText"], ["startDate"]],
  ],
];

test.each(BAD)("The filters %.80j are a VALIDATION_ERROR in every list, naming each bad one.", async (filters, paths) => {
  const variables = { filters };
  const query = `query ($filters: SessionFilters) { sessions(filters: $filters, limit: 0) { id } connection: sessionsConnection(filters: $filters, first: 0) { edges { cursor } }
    project(id: "one") { sessions(filters: $filters, limit: 0) { id } sessionsConnection(filters: $filters, first: 0) { edges { cursor } } }
    searchSessions(query: "x", filters: $filters, limit: 0) { total } }`;
  const { data, errors } = await run(server, user.key, query, variables);
  const named = errors.map(({ fields }) => (fields as { path: unknown[] }[]).map(({ path }) => path.join(".")).sort());

  expect(data).toEqual({ sessions: null, connection: null, project: { sessions: null, sessionsConnection: null }, searchSessions: null });
  expect(errors.every(({ code }) => code === "VALIDATION_ERROR")).toBe(true);
  const expected = (limit: string) => [limit, ...paths.map((path) => ["filters", ...path].join("."))].sort();
  expect(named.sort()).toEqual([expected("first"), expected("first"), expected("limit"), expected("limit"), expected("limit")]);
});
