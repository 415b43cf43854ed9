import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { rejectionOf } from "../support/rejection.js";
import { startTestServer, type TestServer } from "../support/server.js";

const repeat = (count: number, text: (index: number) => string) => Array.from({ length: count }, (_, index) => text(index)).join(" ");
const rejected = { http: 400, status: 400, code: "VALIDATION_ERROR", reason: "INVALID_PARAMETER" };

describe("Under the default limits", () => {
  let server: TestServer;
  let key: string;
  beforeAll(async () => {
    server = await startTestServer({ RATE_LIMIT_GRAPHQL: "10000/1h" });
    key = (await server.addUser()).key;
  });
  afterAll(() => server.close());

  /** Session and relatedSessions by turns: any depth of a query that the schema allows. */
  const deep = (levels: number) =>
    `{ sessions { ${"relatedSessions { ".repeat(levels - 2)}${levels > 1 ? "id" : ""}${" }".repeat(levels - 2)} } }`;
  const bomb = (levels: number, leaf: string) =>
    `{ projects { ...F0 } } ${repeat(levels, (n) => `fragment F${n} on Project { ...F${n + 1} ...F${n + 1} }`)} fragment F${levels} on Project { ${leaf} }`;

  test.each([
    ["16 levels deep", deep(16), "MAX_DEPTH", 15],
    ["a thousand levels deep", deep(1_000), "MAX_DEPTH", 15],
    [
      "deep through fragments",
      `{ ...A } fragment A on Query { sessions { ...B } } fragment B on Session { ${deep(16).slice("{ sessions { ".length, -" } }".length)} }`,
      "MAX_DEPTH",
      15,
    ],
    [
      "deep in a fragment that is not used",
      `{ __typename } fragment A on Session { ${"relatedSessions { ".repeat(900)}id${" }".repeat(900)} }`,
      "MAX_DEPTH",
      15,
    ],
    ["deeper than a parser can go", `{ sessions(filters: ${"{a:".repeat(1_600)}`, "MAX_DEPTH", 15],
    ["a deep list as a value", `{ sessions(filters: { tags: ${"[".repeat(2_400)}${"]".repeat(2_400)} }) { id } }`, "MAX_DEPTH", 15],
    ["101 aliases", `{ projects { ${repeat(101, (n) => `a${n}: id`)} } }`, "MAX_ALIASES", 100],
    [
      "aliases that a fragment multiplies",
      `{ ${repeat(11, () => "projects { ...A }")} } fragment A on Project { ${repeat(10, (n) => `a${n}: id`)} }`,
      "MAX_ALIASES",
      100,
    ],
    ["51 root fields", `{ ${repeat(51, () => "__typename")} }`, "MAX_ROOT_FIELDS", 50],
    [
      "root fields in fragments",
      `{ ${repeat(11, () => "...A")} } fragment A on Query { ${repeat(5, () => "__typename")} }`,
      "MAX_ROOT_FIELDS",
      50,
    ],
    ["10,000 aliases", `{ ${repeat(10_000, (n) => `a${n}: __typename`)} }`, "MAX_TOKENS", 5_000],
    ["5,001 tokens", `{ ${repeat(4_999, () => "__typename")} }`, "MAX_TOKENS", 5_000],
    [
      "lists of lists of lists",
      "{ projects(limit: 200) { sessions(limit: 200) { relatedSessions(limit: 2) { id } } } }",
      "MAX_COMPLEXITY",
      100_000,
    ],
    ["the same field 4,900 times", `{ projects { ${repeat(4_900, () => "id")} } }`, "MAX_COMPLEXITY", 100_000],
    ["a fragment that doubles 20 times", bomb(20, "id"), "MAX_COMPLEXITY", 100_000],
    ["a fragment that doubles 400 times", bomb(400, "id"), "MAX_COMPLEXITY", 100_000],
    ["aliases in a fragment that doubles 400 times", bomb(400, "a: id"), "MAX_ALIASES", 100],
    [
      "root fields in a fragment that doubles 400 times",
      bomb(400, "id").replaceAll("on Project", "on Query").replace("projects { ...F0 }", "...F0").replace("{ id }", "{ __typename }"),
      "MAX_ROOT_FIELDS",
      50,
    ],
  ] as const)("an operation with %s is rejected, and says which limit it passes.", async (_what, query, exceeded, limit) => {
    const rejection = rejectionOf(await server.query(key, query));
    expect(rejection).toMatchObject({ ...rejected, exceeded, limit });
    expect(rejection.message).toContain(exceeded);
    expect(rejection.message.length).toBeLessThan(300);
  });

  test.each([
    ["15 levels deep", deep(15).replaceAll("relatedSessions", "relatedSessions(limit: 1)").replace("sessions {", "sessions(limit: 1) {")],
    ["100 aliases", `{ projects(limit: 1) { ${repeat(100, (n) => `a${n}: id`)} } }`],
    ["50 root fields", `{ ${repeat(50, () => "__typename")} }`],
    ["4,900 tokens of comments' length", `{ __typename ${"#".padEnd(100_000, "x")}\n }`],
  ])("an operation with %s is answered.", async (_what, query) => {
    const { status, body } = await server.query(key, query);
    expect(status).toBe(200);
    expect(body).not.toHaveProperty("errors");
  });

  test("fragments that spread each other in a circle are rejected.", async () => {
    for (const query of [
      "{ projects { ...A } } fragment A on Project { id ...B } fragment B on Project { name ...A }",
      "{ ...A } fragment A on Query { ...A }",
      "{ ...A } fragment A on Query { projects { sessions { project { ...B } } } } fragment B on Project { sessions { project { ...B } } }",
    ]) {
      const rejection = rejectionOf(await server.query(key, query));
      expect(rejection).toMatchObject({ ...rejected, message: expect.stringContaining("Cannot spread fragment") });
    }
  });

  test.each([
    ["given as variables", "query ($n: Int!) { projects(limit: $n) { sessions(limit: $n) { relatedSessions { id } } } }", { n: 200 }],
    [
      "that are variables' defaults",
      "query ($n: Int = 200) { projects(limit: $n) { sessions(limit: $n) { relatedSessions { id } } } }",
      {},
    ],
    [
      "that are defaults beside an argument that must be given",
      'query ($n: Int! = 200, $id: ID! = "x") { project(id: $id) { id } projects(limit: $n) { sessions(limit: $n) { relatedSessions { id } } } }',
      {},
    ],
    [
      "of connections",
      "{ projectsConnection(first: 200) { edges { node { sessionsConnection(last: 200) { edges { node { id name } } } } } } }",
      {},
    ],
    [
      "of so many days",
      "query ($n: Int!) { projects(limit: $n) { stats { a: sessionsByDay(days: $n) { date } b: sessionsByDay(days: $n) { date } c: sessionsByDay(days: $n) { date } } } }",
      { n: 200 },
    ],
    ["that nobody gave", "{ projects { sessions { relatedSessions { relatedSessions { relatedSessions { id } } } } } }", {}],
  ])("the cost counts the lengths of lists %s.", async (_what, query, variables) => {
    expect(rejectionOf(await server.query(key, query, variables))).toMatchObject({ ...rejected, exceeded: "MAX_COMPLEXITY" });
  });

  test("a length beyond what is allowed is named as such, not as too costly.", async () => {
    const { status, body } = await server.query(key, "{ projects(limit: 2000000000) { id name } }");
    expect(status).toBe(200);
    expect(body.errors).toMatchObject([{ path: ["projects"], extensions: { fields: [{ path: ["limit"] }] } }]);
  });

  test("a text of 100 KB is an honest answer, not a failure.", async () => {
    const long = "x".repeat(100_000);
    const queries = [
      `{ project(id: "${long}") { id } }`,
      `{ session(id: "${long}") { id } }`,
      `{ searchSessions(query: "${long}") { total } }`,
    ];
    for (const query of queries) {
      const { status, body } = await server.query(key, query);
      expect(status).toBeLessThan(500);
      expect(body.errors).toHaveLength(1);
      expect(["VALIDATION_ERROR", "NOT_FOUND"]).toContain(body.errors[0].extensions.code);
      expect(JSON.stringify(body).length).toBeLessThan(3_000);
    }
  });

  test("variables nested fifty thousand levels deep are rejected as values of the wrong type.", async () => {
    const name = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
    const query = "mutation ($i: CreateProjectInput!) { createProject(input: $i) { project { id } } }";
    const answer = await server.send("/api/v1/graphql", {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json", accept: "application/graphql-response+json" },
      body: `{"query":${JSON.stringify(query)},"variables":{"i":{"name":${name}}}}`,
    });
    expect(rejectionOf(answer)).toMatchObject({ http: 400, reason: "INVALID_FORMAT", fields: [{ path: ["i", "name"] }] });
  });

  test("every limit that an operation passes is named at once.", async () => {
    const { body } = await server.query(key, deep(16).replace("{ ", `{ ${repeat(101, (n) => `a${n}: __typename`)} `));
    const exceeded = body.errors.map(({ extensions }: { extensions: { exceeded: string } }) => extensions.exceeded);
    expect(exceeded).toEqual(["MAX_DEPTH", "MAX_ALIASES", "MAX_ROOT_FIELDS"]);
  });

  test("a hundred unknown fields are named, and not a thousand.", async () => {
    const { status, body } = await server.query(key, `{ projects { ${repeat(1_000, (n) => `unknown${n}`)} } }`);
    expect(status).toBe(400);
    expect(body.errors.length).toBeLessThanOrEqual(101);
    expect(body.errors.every(({ extensions }: { extensions: object }) => "reason" in extensions)).toBe(true);
  });

  test("usual queries of a client are all answered.", async () => {
    const metadata = "metadata { clientName clientVersion agentName deviceId machineName title gitBranches llmModels tags }";
    const session = `fragment S on Session { id projectId name markdownContent markdownSize rawDataSize etag createdAt updatedAt startedAt endedAt ${metadata} }`;
    const stats =
      "stats { totalSessions totalMarkdownSize totalRawDataSize uniqueLLMModels uniqueGitBranches sessionsByDay { date count } topTags { tag count } }";
    const queries = [
      `{ projects { id ownerId name icon color createdAt updatedAt lastActivity sessionCount sessions { ...S relatedSessions { id similarity } } ${stats} members { role user { email } } } } ${session}`,
      `{ projectsConnection(first: 20) { edges { cursor node { id sessionsConnection(first: 20) { edges { node { ...S } } pageInfo { hasNextPage } } } } } } ${session}`,
      `{ sessions(limit: 200) { ...S project { id name } } } ${session}`,
      `{ searchSessions(query: "a", limit: 200) { total results { ...S rank snippet relatedSessions { similarity } } } } ${session}`,
      "{ stats { totalSessions totalProjects sessionsThisWeek topLLMModels { model count } } viewer { id email apiKeys { id name scopes } } }",
      `{ analytics(timeRange: { start: "2026-01-01T00:00:00Z" }) { totalSessions sessionsByModel { model count totalSize } sessionsByClient { client count averageSize } activityByDay { date sessions projects } } }`,
    ];
    for (const query of queries) expect((await server.query(key, query)).body).not.toHaveProperty("errors");
  });
});

test.each([
  ["MAX_DEPTH", { MAX_DEPTH: "2" }, "{ projects { sessions { id } } }", 2],
  ["MAX_ALIASES", { MAX_ALIASES: "0" }, "{ a: __typename }", 0],
  ["MAX_ROOT_FIELDS", { MAX_ROOT_FIELDS: "1" }, "{ __typename ...F } fragment F on Query { __typename }", 1],
  [
    "MAX_TOKENS",
    { MAX_TOKENS: "10" },
    "{ __typename __typename __typename __typename __typename __typename __typename __typename __typename }",
    10,
  ],
  ["MAX_COMPLEXITY", { MAX_COMPLEXITY: "10" }, "{ projects(limit: 10) { id } }", 10],
] as const)("%s is what the setting says.", async (exceeded, settings, query, limit) => {
  const server = await startTestServer(settings);
  const { key } = await server.addUser();
  expect(rejectionOf(await server.query(key, query))).toMatchObject({ ...rejected, exceeded, limit });
  expect((await server.query(key, "{ __typename }")).status).toBe(200);
  await server.close();
});
