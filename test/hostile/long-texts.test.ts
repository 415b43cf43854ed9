import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { uuid } from "../support/actions.js";
import { DOCUMENTS, NAMED, NAMES, PIECES, text, textInDocument, VARIABLES } from "../support/hostile-texts.js";
import { rejectionOf } from "../support/rejection.js";
import { failureOf, putBody, restClient } from "../support/rest.js";
import { startTestServer, type Answer, type TestServer } from "../support/server.js";

/** What a body without a key may have, less than the rest of a request. */
const BYTES = 95_000;

/** So much that a time that is not proportional to it shows. */
const MANY_BYTES = 5_000_000;

/** What Node lets through of a header. */
const HEADER_BYTES = 15_000;

/** The longest that an answer may keep the process from all others. */
const MOST_CPU_MS = 100;
const ATTEMPTS = 10;

/** The same for what may be larger: in proportion to what is read. */
const MOST_CPU_MS_PER_MB = 250;

/** The answer, and the least processor time of some attempts; of fewer, if one was short enough. */
async function measured(ask: () => Promise<Answer>, enoughMs = 0): Promise<{ answer: Answer; cpuMs: number }> {
  let best = Number.POSITIVE_INFINITY;
  for (let attempt = 1; ; attempt += 1) {
    const before = process.cpuUsage();
    const answer = await ask();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1_000);
    if (best < enoughMs || attempt === ATTEMPTS) return { answer, cpuMs: best };
  }
}

/** An answer that did not keep the process from all others, and that repeats no more of the text than a person can read. */
async function briefly(ask: () => Promise<Answer>, mostCharacters = 10_000): Promise<Answer> {
  const { answer, cpuMs } = await measured(ask, MOST_CPU_MS);
  expect(cpuMs).toBeLessThan(MOST_CPU_MS);
  expect(JSON.stringify(answer.body).length).toBeLessThan(mostCharacters);
  return answer;
}

const SETTINGS = { RATE_LIMIT_GRAPHQL: "100000/1h", RATE_LIMIT_REST: "100000/1h", RATE_LIMIT_AUTH_FAILURES: "100000/1h" };

describe.each(["on", "off"])("With INTROSPECTION=%s", (introspection) => {
  let server: TestServer;
  let key: string;
  beforeAll(async () => {
    server = await startTestServer({ ...SETTINGS, INTROSPECTION: introspection });
    key = (await server.addUser()).key;
  });
  afterAll(() => server.close());

  /** Without a key it is VALIDATION_ERROR of the request as a whole. */
  async function expectRejections(send: (caller: string | null, bytes: number) => Promise<Answer>, mostCharacters?: number) {
    const rejection = rejectionOf(await briefly(() => send(null, BYTES), mostCharacters));
    expect(rejection).toMatchObject({ http: 400, code: "VALIDATION_ERROR" });
    expect(rejection.message.length).toBeLessThan(600);
  }

  describe.each(NAMES)("%s", (name) => {
    const piece = PIECES[name];

    test.each(Object.entries(DOCUMENTS))("as %s are rejected at once.", async (_what, document) => {
      await expectRejections((caller, bytes) => {
        const given = textInDocument(piece, bytes - 500);
        return server.query(caller, document(JSON.stringify(given), given));
      });
    });

    test.each(Object.entries(VARIABLES))("as %s in a variable are rejected at once.", async (_what, [type, toValue]) => {
      const argument = type === "SessionFilters" ? "filters" : type === "SessionOrder" ? "orderBy" : type === "Int" ? "limit" : null;
      const field = argument === null ? "analytics(timeRange: { start: $v }) { totalSessions }" : `sessions(${argument}: $v) { id }`;
      const document = `query ($v: ${type === "DateTime" ? "DateTime!" : type}) { ${field} }`;
      const answer = await briefly(() => server.query(key, document, { v: toValue(text(piece, BYTES)) }));
      expect(rejectionOf(answer)).toMatchObject({ http: 400, code: "VALIDATION_ERROR" });
      expect((await briefly(() => server.query(null, document, { v: toValue(text(piece, BYTES - 500)) }))).status).not.toBe(500);
    });

    test("as operationName are rejected at once.", async () => {
      await expectRejections((caller, bytes) => {
        const body = JSON.stringify({ query: "query A { __typename }", operationName: text(piece, bytes - 500) });
        const headers = {
          "content-type": "application/json",
          accept: "application/graphql-response+json",
          ...(caller === null ? {} : { authorization: `Bearer ${caller}` }),
        };
        return server.send("/api/v1/graphql", { method: "POST", headers, body });
      });
    });
  });

  test.each(Object.entries(NAMED))("the name of a %s is rejected at once, however long it is.", async (_what, document) => {
    const count = document("").split("$").length + 1; // a name may stand twice
    await expectRejections((caller, bytes) => server.query(caller, document("a".repeat(bytes / count - 500))));
  });

  test.each([
    ["lines", "\n"],
    ["spaces", " "],
    ["comments", "#\n"],
  ])("a hundred mistakes below any number of %s are rejected at once.", async (_what, piece) => {
    const mistakes = Array.from({ length: 100 }, (_, index) => `f${index}`).join(" ");
    await expectRejections((caller, bytes) => server.query(caller, `{ projects { ${text(piece, bytes - 2_000)} ${mistakes} } }`), 100_000);
  });
});

describe("With a key, which may send megabytes,", () => {
  let server: TestServer;
  let key: string;
  beforeAll(async () => {
    server = await startTestServer(SETTINGS);
    key = (await server.addUser()).key;
  });
  afterAll(() => server.close());

  const big = "CREATED_AT_".repeat(MANY_BYTES / 11);
  const fields = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`f${index}`, 1]));
  const ORDER = "query ($v: SessionOrder) { sessions(orderBy: $v) { id } }";
  const FILTERS = "query ($v: SessionFilters) { sessions(filters: $v) { id } }";
  const ATTACKS: [string, string, unknown?][] = [
    ["as an enum value of a variable", ORDER, big],
    ["within an object instead of an enum value", ORDER, { [big]: 1 }],
    ["within a list instead of an enum value", ORDER, [big]],
    ["as a name in a variable", FILTERS, { [big]: 1 }],
    ["beside sixty mistakes in one object", FILTERS, { searchText: big, ...fields }],
    ["instead of a time", "query ($v: DateTime!) { analytics(timeRange: { start: $v }) { totalSessions } }", big],
    ["as a text instead of an enum value", `{ sessions(orderBy: "${big}") { id } }`],
    ["as a number", `{ sessions(limit: ${"1".repeat(MANY_BYTES)}) { id } }`],
    ...Object.entries(NAMED).map(([what, document]): [string, string] => [`as the name of a ${what}`, document("a".repeat(MANY_BYTES / document("").split("$").length))]),
    ["as comments", `{ __typename ${"#\n".repeat(MANY_BYTES / 3)} }`],
    ["as the lines of a text", `{ project(id: """${"\n".repeat(MANY_BYTES / 2)}""") { id } }`],
    ["as a hundred thousand unknown names in a variable", FILTERS, Object.fromEntries(Array.from({ length: 90_000 }, (_, index) => [`f${index}`, 1]))],
    ["as a hundred thousand wrong values of a list", FILTERS, { tags: Array.from({ length: 90_000 }, () => 1) }],
  ]; // prettier-ignore

  test.each(ATTACKS)("%s, they are rejected in little more time than it takes to read them.", async (...[, document, v]) => {
    const ask = () => server.query(key, document, v === undefined ? undefined : { v });
    const { answer, cpuMs } = await measured(ask, MOST_CPU_MS);
    expect(rejectionOf(answer)).toMatchObject({ http: 400, code: "VALIDATION_ERROR" });
    expect(cpuMs).toBeLessThan(MOST_CPU_MS_PER_MB * (MANY_BYTES / 1_000_000));
    expect(JSON.stringify(answer.body).length).toBeLessThan(100_000);
  });
});

describe("With a key,", () => {
  let server: TestServer;
  let key: string;
  beforeAll(async () => {
    server = await startTestServer(SETTINGS);
    key = (await server.addUser()).key;
  });
  afterAll(() => server.close());

  /** The error that a long text in each of these fields must cause. */
  const FIELDS: Readonly<Record<string, string>> = {
    "createUser(input: { email: $t }) { user { id } }": "VALIDATION_ERROR",
    'addProjectMember(input: { projectId: "p", email: $t, role: VIEWER }) { member { role } }': "VALIDATION_ERROR",
    'createApiKey(input: { name: "n", scopes: [ADMIN], rateLimit: $t }) { key }': "VALIDATION_ERROR",
    "createProject(input: { name: $t }) { project { id } }": "VALIDATION_ERROR",
    'createProject(input: { id: $id, name: "n" }) { project { id } }': "VALIDATION_ERROR",
    'createProject(input: { name: "n", icon: $t }) { project { id } }': "VALIDATION_ERROR",
    'saveSession(input: { id: $id, projectId: "p", name: "n", markdown: "" }) { created }': "VALIDATION_ERROR",
    "revokeApiKey(input: { id: $id }) { apiKey { id } }": "VALIDATION_ERROR",
    "acceptInvitation(input: { id: $id }) { role }": "NOT_FOUND",
    "declineInvitation(input: { id: $id }) { id }": "NOT_FOUND",
    'leaveProject(input: { projectId: "p", ownerId: $id }) { ownerId }': "NOT_FOUND",
    "deleteSession(input: { id: $id }) { deletedId: __typename }": "NOT_FOUND",
    "q: projectsConnection(first: 1, after: $t) { edges { cursor } }": "VALIDATION_ERROR",
    "q: sessionsConnection(first: 1, after: $t, orderBy: NAME_ASC) { edges { cursor } }": "VALIDATION_ERROR",
    "q: project(id: $id) { id }": "VALIDATION_ERROR",
    "q: session(id: $id) { id }": "NOT_FOUND",
    "q: searchSessions(query: $t) { total }": "VALIDATION_ERROR",
    "q: sessions(filters: { searchText: $t }) { id }": "VALIDATION_ERROR",
    "q: sessions(filters: { tags: [$t] }) { id }": "VALIDATION_ERROR",
  };

  describe.each(NAMES)("%s", (name) => {
    const given = text(PIECES[name], BYTES);

    test.each(Object.entries(FIELDS))("in %s fail the field at once.", async (field, code) => {
      const variable = field.includes("$id") ? "$id: ID!" : "$t: String!";
      const kind = field.startsWith("q: ") ? "query" : "mutation";
      const answer = await briefly(() => server.query(key, `${kind} (${variable}) { ${field} }`, { id: given, t: given }));
      expect(answer.body.errors).toMatchObject([{ extensions: { code } }]);
    });

    test("in a body of REST are rejected, or stored as content, at once.", async () => {
      const client = restClient(server, key);
      const path = `/projects/app/sessions/${uuid(1)}`;
      const rejected = [
        () => client.put(path, putBody({ name: given })),
        () => client.put(path, putBody({ startedAt: given })),
        () => client.put(path, putBody({ projectId: given })),
        () => client.put(path, putBody({ metadata: { agentName: given } })),
        () => client.patch("/projects/app", { color: given }),
        () => client.post("/search/resume", { query: given }),
      ];
      for (const ask of rejected) expect(failureOf(await briefly(ask)).http).toBe(400);
      const stored = await measured(() => client.put(path, putBody({ markdown: given, rawData: given })), MOST_CPU_MS);
      expect(stored.answer.status).toBeLessThan(202);
      expect(stored.cpuMs).toBeLessThan(10 * MOST_CPU_MS); // the database runs in the same process, and indexes it
      const device = text(PIECES[name], BYTES / 3);
      const signIn = () => restClient(server, null).post("/device-login", { device_code: device, hostname: device });
      expect(failureOf(await briefly(signIn))).toMatchObject({ http: 401, code: "INVALID_CREDENTIALS" });
    });
  });

  test("A device whose own texts are long signs in, under the beginning of its name.", async () => {
    const { code } = await server.services.devices.createFor({ userId: (await server.addUser()).id, scopes: ["sessions:read"] });
    const body = { device_code: code, hostname: "🖥".repeat(4_000), client: "c".repeat(4_000) };
    expect((await briefly(() => restClient(server, null).post("/device-login", body))).status).toBe(200);
    const [device] = await server.prisma.apiKey.findMany({ where: { kind: "DEVICE" } });
    expect(device?.name).toBe("🖥".repeat(255));
  });
});

describe("In headers and addresses,", () => {
  let server: TestServer;
  let key: string;
  beforeAll(async () => {
    server = await startTestServer(SETTINGS);
    key = (await server.addUser()).key;
    await restClient(server, key).put(`/projects/app/sessions/${uuid(1)}`, putBody());
  });
  afterAll(() => server.close());

  test.each(NAMES.filter((name) => /^[ -~]*$/.test(PIECES[name])))("%s are answered at once.", async (name) => {
    const given = `x${text(PIECES[name], HEADER_BYTES)}x`;
    const client = restClient(server, key);
    const path = `/projects/app/sessions/${uuid(1)}`;
    const statusOf = async (ask: () => Promise<Answer>) => (await briefly(ask)).status;
    const graphql = (headers: Record<string, string>) => () => server.query(key, "{ __typename }", undefined, headers);

    expect(await statusOf(() => client.get(path, { "if-none-match": given }))).toBe(200);
    expect(await statusOf(() => client.get(path, { "if-none-match": `"${given}` }))).toBe(200);
    for (const accept of [given, `application/json;${given}`, `application/json;q=${given}`]) {
      expect([200, 406]).toContain(await statusOf(graphql({ accept })));
    }
    for (const authorization of [given, `Bearer ${given}`]) expect(await statusOf(graphql({ authorization }))).toBe(401);
    expect(await statusOf(graphql({ "content-type": given }))).toBe(415);
    expect(await statusOf(graphql({ "content-type": `application/json;${given}` }))).toBeLessThan(416);
    expect(await statusOf(graphql({ "x-request-id": given }))).toBe(200);

    const encoded = encodeURIComponent(given).slice(0, HEADER_BYTES - (HEADER_BYTES % 3));
    for (const path of [`/projects/${encoded}/sessions`, `/projects/app/sessions/${encoded}`, `/${encoded}`]) {
      expect([400, 404]).toContain(await statusOf(() => client.get(path)));
    }
    for (const query of [`limit=${encoded}`, `limit=1&cursor=${encoded}`, `resumable=${encoded}`]) {
      expect(await statusOf(() => client.get(`/projects/app/sessions?${query}`))).toBe(400);
    }
  });
});
