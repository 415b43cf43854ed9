import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { read, run, save, uuid } from "../support/actions.js";
import { credentialsOf } from "../support/credentials.js";
import { putBody, restClient } from "../support/rest.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

/** How many searches a minute the limit allows. */
const MOST = 4;
const TEXT = 'filters: { searchText: "walrus" }';

let server: TestServer;
let user: TestUser;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_FIELDS: `Query.searchSessions=${MOST}/1m` });
  user = await server.addUser();
  for (const [index, projectId] of ["one", "one", "two", "two", "two", "three"].entries()) {
    await save(server, user.key, { id: uuid(index), projectId, name: `S${index}`, markdown: "walrus walrus tusk tusk" });
  }
  await restClient(server, user.key).put(`/projects/one/sessions/${uuid(9)}`, putBody({ markdown: "walrus", sessionData: "{}" }));
});
afterAll(() => server.close());

const addKey = () => server.addKey(user, ["projects:read", "sessions:read"]);
const search = (key: string) => run(server, key, '{ searchSessions(query: "walrus") { total } }');

/** How many searches of the minute a key has left. */
async function leftOf(key: string): Promise<number> {
  const fields = Array.from({ length: MOST }, (_, index) => `f${index}: searchSessions(query: "walrus") { total }`);
  return MOST - (await run(server, key, `{ ${fields.join(" ")} }`)).errors.length;
}

/** Every way to a search in GraphQL, with how many searches it is. */
const WAYS: [string, string, number][] = [
  ["searchSessions", 'searchSessions(query: "walrus") { total }', 1],
  ["searchSessions with a text among its filters", `searchSessions(query: "tusk", ${TEXT}) { total results { name } }`, 1],
  ["a list", `sessions(${TEXT}) { id }`, 1],
  ["a list with other filters too", 'sessions(filters: { searchText: "walrus", projectId: "one" }) { id }', 1],
  ["a connection", `sessionsConnection(${TEXT}, first: 2) { edges { node { id } } pageInfo { hasNextPage } }`, 1],
  ["a connection from its end", `sessionsConnection(${TEXT}, last: 2) { edges { node { id } } pageInfo { hasPreviousPage } }`, 1],
  ["the list of a project", `project(id: "one") { sessions(${TEXT}) { id } }`, 1],
  ["the connection of a project", `project(id: "one") { sessionsConnection(${TEXT}) { edges { node { id } } } }`, 1],
  ["the lists of all projects, which are searched at once", `projects { sessions(${TEXT}) { id } }`, 1],
  ["the project of a session", `session(id: "${uuid(0)}") { project { sessions(${TEXT}) { id } } }`, 1],
  ["the related sessions of a session", `session(id: "${uuid(0)}") { relatedSessions { id } }`, 1],
  ["the related sessions of those of a list", `sessions(limit: 3, orderBy: NAME_ASC) { relatedSessions { id } }`, 3],
  ["the related sessions of what was found", `sessions(${TEXT}, limit: 2) { relatedSessions { id } }`, 3],
  [
    "the related sessions of related ones",
    `session(id: "${uuid(0)}") { relatedSessions(limit: 2) { relatedSessions(limit: 1) { id } } }`,
    3,
  ],
  ["no text", "sessions { id } projects { sessions { id } } sessionsConnection { edges { node { id } } }", 0],
  ["a blank text, which is none", 'sessions(filters: { searchText: "  ", projectId: "one" }) { id }', 0],
  ["a list that fails for another reason", `sessions(${TEXT}, limit: 0) { id }`, 0],
];

test.each(WAYS)("Of the limit of searches, %s takes what it searches.", async (_way, field, count) => {
  const key = await addKey();
  await run(server, key, `{ ${field} }`);
  expect(await leftOf(key)).toBe(MOST - count);
});

test.each(WAYS.filter(([, , count]) => count > 0))(
  "Over the limit, %s is null with its path, its place and when to try again, and its siblings keep their data.",
  async (_way, field) => {
    const key = await addKey();
    await leftOf(key);
    const { body, status } = await server.query(key, `{ projects { id } ${field} }`);
    expect(status).toBe(200);
    expect(body.data.projects).toHaveLength(3);
    expect(body.errors.length).toBeGreaterThan(0);
    for (const { path, locations, message, extensions } of body.errors) {
      expect(path.reduce((value: never, name: string) => value[name], body.data)).toBeNull();
      expect(locations).toEqual([{ line: 1, column: expect.any(Number) }]);
      expect(message).toBe("Rate limit exceeded. Please try again in 60 seconds.");
      expect(extensions).toMatchObject({ code: "RATE_LIMITED", reason: "RATE_LIMIT_EXCEEDED", status: 429, retryAfter: 60, limit: MOST });
    }
  },
);

test("Where the limit suffices for some sessions of a list, these have their related ones, and each other fails by itself.", async () => {
  const { data, errors } = await run(server, await addKey(), "{ sessions(limit: 6, orderBy: NAME_ASC) { relatedSessions { id } } }");
  const known = data.sessions.map(({ relatedSessions }: { relatedSessions: unknown }) => relatedSessions !== null);
  expect(known).toEqual([true, true, true, true, false, false]);
  expect(errors.map(({ path }) => path)).toEqual([4, 5].map((index) => ["sessions", index, "relatedSessions"]));
});

test("Two aliases are two searches.", async () => {
  const key = await addKey();
  await run(server, key, `{ a: sessions(${TEXT}) { id } b: sessions(${TEXT}) { id } }`);
  expect(await leftOf(key)).toBe(MOST - 2);
});

test("POST /search/resume takes one, however long its answer is, and over the limit it is 429 in the form of REST.", async () => {
  const key = await addKey();
  const post = () => restClient(server, key).post("/search/resume", { query: "walr" });
  for (let count = 0; count < MOST; count += 1) expect((await post()).body.data.results).toHaveLength(1);
  const { status, headers, body } = await post();

  expect([status, headers.get("retry-after")]).toEqual([429, "60"]);
  expect(headers.get("x-ratelimit-limit")).toBe("1000");
  expect(body).toMatchObject({
    success: false,
    status: "failed",
    message: "Rate limit exceeded. Please try again in 60 seconds.",
    error: { code: "RATE_LIMIT_EXCEEDED", details: { retry_after: 60, limit: MOST, remaining: 0 } },
  });
  expect((await search(key)).errors).toMatchObject([{ code: "RATE_LIMITED" }]);
  server.clock.advance(60_000);
  expect((await post()).status).toBe(200);
});

test("A resume search without words, or of a body that is wrong, takes nothing.", async () => {
  const key = await addKey();
  for (const query of ["", "->", 1]) await restClient(server, key).post("/search/resume", { query });
  expect(await leftOf(key)).toBe(MOST);
});

test("A search that the key may not do takes nothing.", async () => {
  const key = await server.addKey(user, ["projects:read", "keys:manage"]);
  const fields = WAYS.map(([, field], index) => `w${index}: ${field}`).join(" ");
  const { errors } = await run(server, key, `{ ${fields} }`);
  expect(errors.filter(({ code }) => code === "RATE_LIMITED")).toEqual([]);
  expect((await search(key)).errors).toMatchObject([{ requiredScope: "sessions:read" }]);
});

test("However many searches are asked for at once, in whatever way, no more than allowed are done.", async () => {
  const key = await addKey();
  const ways = [
    () => search(key).then(({ errors }) => errors.length === 0),
    () => run(server, key, `{ sessions(${TEXT}) { id } }`).then(({ errors }) => errors.length === 0),
    () => run(server, key, `{ session(id: "${uuid(0)}") { relatedSessions { id } } }`).then(({ errors }) => errors.length === 0),
    () => restClient(server, key).post("/search/resume", { query: "walr" }).then(({ status }) => status === 200), // prettier-ignore
  ];
  const outcomes = await Promise.all([1, 2, 3, 4, 5].flatMap(() => ways.map((ask) => ask())));
  expect(outcomes.filter((isDone) => isDone)).toHaveLength(MOST);
});

test("Devices and access tokens search from the limit of their key, and another key has a limit of its own.", async () => {
  const make = credentialsOf(server);
  const [key, other] = [await addKey(), await addKey()];
  const tokens = [await make.addAccessToken(key), await make.addAccessToken(await make.addDevice(key))];
  for (const token of [key, ...tokens, ...tokens]) await run(server, token, `{ sessions(${TEXT}) { id } }`);
  for (const token of [key, ...tokens]) expect((await search(token)).errors).toMatchObject([{ code: "RATE_LIMITED" }]);
  expect((await search(other)).errors).toEqual([]);
});

test("By default it is 120 searches a minute, in whatever way.", async () => {
  const usual = await startTestServer({ MAX_ALIASES: "200", MAX_ROOT_FIELDS: "200" });
  const { key } = await usual.addUser();
  const lists = (count: number) => `{ ${Array.from({ length: count }, (_, index) => `f${index}: sessions(${TEXT}) { id }`).join(" ")} }`;
  await read(usual, key, lists(119));
  expect((await restClient(usual, key).post("/search/resume", { query: "walr" })).status).toBe(200);
  expect((await run(usual, key, lists(1))).errors).toMatchObject([{ code: "RATE_LIMITED", limit: 120 }]);
  await usual.close();
});
