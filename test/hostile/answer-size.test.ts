import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { run, save } from "../support/actions.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

const MOST = 1_000_000;
const SIZE = 300_000;

let server: TestServer;
let user: TestUser;
const ids = Array.from({ length: 5 }, () => randomUUID());
const text = (index: number) => String(index).repeat(SIZE);

beforeAll(async () => {
  server = await startTestServer({ MAX_ANSWER_BYTES: String(MOST), RATE_LIMIT_GRAPHQL: "10000/1h" });
  user = await server.addUser();
  for (const [index, id] of ids.entries()) {
    await save(server, user.key, { id, name: `session ${index}`, markdown: text(index) });
    server.clock.advance(1_000);
  }
});
afterAll(() => server.close());

const tooLarge = (path: readonly (string | number)[]) => ({
  path,
  code: "VALIDATION_ERROR",
  reason: "INVALID_PARAMETER",
  retryable: false,
  limit: MOST,
  exceeded: "MAX_ANSWER_BYTES",
  message: `The answer would hold more than ${MOST} bytes of content (MAX_ANSWER_BYTES)`,
});

/** The first figure of each text that an answer has, and null for what it left out. */
const contentsOf = (sessions: readonly { markdownContent: string | null }[]) =>
  sessions.map(({ markdownContent }) => (markdownContent?.length === SIZE ? markdownContent[0] : markdownContent));

test("A list gives as much content as one answer may hold, then an error for each further one, and all other fields.", async () => {
  const { status, data, errors } = await run(
    server,
    user.key,
    "{ sessions(orderBy: CREATED_AT_ASC) { name markdownSize markdownContent } }",
  );
  expect(status).toBe(200);
  expect(contentsOf(data.sessions)).toEqual(["0", "1", "2", null, null]);
  expect(data.sessions.map(({ name, markdownSize }: { name: string; markdownSize: number }) => `${name}: ${markdownSize}`)).toEqual(
    ids.map((_, index) => `session ${index}: ${SIZE}`),
  );
  expect(errors).toMatchObject([tooLarge(["sessions", 3, "markdownContent"]), tooLarge(["sessions", 4, "markdownContent"])]);
});

test("Aliases of one session count each, wherever they stand.", async () => {
  const aliases = Array.from({ length: 40 }, (_, index) => `s${index}: session(id: "${ids[0]}") { markdownContent }`);
  const { data, errors } = await run(server, user.key, `{ ${aliases.join(" ")} }`);
  const given = Object.values(data as Record<string, { markdownContent: string | null }>).filter(
    ({ markdownContent }) => markdownContent !== null,
  );
  expect([given.length, errors.length]).toEqual([3, 37]);
  const inside = Array.from({ length: 6 }, (_, index) => `a${index}: markdownContent`);
  const nested = await run(server, user.key, `{ session(id: "${ids[1]}") { name ${inside.join(" ")} } }`);
  expect([nested.data.session.name, nested.errors.length]).toEqual(["session 1", 3]);
});

test.each([
  ["the sessions of projects", "{ projects { sessions { markdownContent } } }"],
  ["a connection", "{ sessionsConnection(first: 5) { edges { node { markdownContent } } } }"],
  ["a connection within a project", '{ project(id: "app") { sessionsConnection(first: 5) { edges { node { markdownContent } } } } }'],
  ["a search", '{ searchSessions(query: "session") { results { markdownContent } } }'],
])("So does the content in %s.", async (_what, query) => {
  const { errors } = await run(server, user.key, query);
  expect(errors.map(({ exceeded }) => exceeded)).toEqual(["MAX_ANSWER_BYTES", "MAX_ANSWER_BYTES"]);
});

test("A batch is one answer.", async () => {
  const operation = { query: `query ($id: ID!) { session(id: $id) { name markdownContent } }` };
  const body = JSON.stringify(ids.map((id) => ({ ...operation, variables: { id } })));
  const headers = { authorization: `Bearer ${user.key}`, "content-type": "application/json" };
  const { status, body: answers } = await server.send("/api/v1/graphql", { method: "POST", headers, body });
  expect(status).toBe(200);
  expect(
    answers.map(({ data, errors }: { data: { session: { name: string } }; errors?: object[] }) => [data.session.name, errors?.length ?? 0]),
  ).toEqual(expect.arrayContaining([["session 0", 0]]));
  expect(answers.filter(({ errors }: { errors?: object[] }) => errors !== undefined)).toHaveLength(2);
});

test("A content that is larger by itself is not read, and REST gives it whole.", async () => {
  const id = randomUUID();
  await save(server, user.key, { id, markdown: "z".repeat(MOST + 1), name: "large" });
  const statements = await server.statementsOf(async () => {
    const { data, errors } = await run(server, user.key, `{ session(id: "${id}") { name markdownContent } }`);
    expect([data.session, errors.length]).toEqual([{ name: "large", markdownContent: null }, 1]);
  });
  expect(statements.length).toBe(1);
  const { body } = await server.send(`/api/v1/projects/app/sessions/${id}`, { headers: { authorization: `Bearer ${user.key}` } });
  expect(body.data.session.markdownContent).toHaveLength(MOST + 1);
});

test("What lists hold beside content is counted too, where it is much: the list that goes beyond is null, and the others stay.", async () => {
  const other = await server.addUser();
  const tags = Array.from({ length: 100 }, (_, index) => String(index).padEnd(200, "t"));
  for (let count = 0; count < 20; count += 1) await save(server, other.key, { metadata: { tags } });
  const lists = ["a", "b", "c", "d"].map((name) => `${name}: sessions { metadata { tags } }`);
  const { data, errors } = await run(server, other.key, `{ ${lists.join(" ")} viewer { id } }`);
  const given = ["a", "b", "c", "d"].filter((name) => data[name] !== null);
  expect([given.length, data.viewer.id]).toEqual([2, other.id]);
  expect(errors.map(({ exceeded, path }) => [exceeded, path.length])).toEqual(Array(2).fill(["MAX_ANSWER_BYTES", 1]));
});

test("Large answers are the same JSON as small ones, whatever their texts hold.", async () => {
  const hostile = `\u0000${'"\\\u0001\u2028é😀\n'.repeat(60_000)}\u00000`;
  const id = randomUUID();
  await save(server, user.key, { id, markdown: hostile, name: 'a "name"' });
  const { data, errors } = await run(server, user.key, `{ session(id: "${id}") { name markdownContent } }`);
  expect(errors).toEqual([]);
  expect(data.session.name).toBe('a "name"');
  expect(data.session.markdownContent === hostile).toBe(true);
});
