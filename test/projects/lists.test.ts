import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createProject, read, run, share } from "../support/actions.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

const COUNT = 23;

let server: TestServer;
let user: TestUser;
let ids: string[];
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_GRAPHQL: "10000/1h" });
  user = await server.addUser();
  const other = await server.addUser();
  await createProject(server, other.key, { id: "hidden" });
  ids = [];
  // Three at a time are made in the same millisecond; every fifth is shared by another user.
  for (let number = 0; number < COUNT; number += 1) {
    if (number % 3 === 0) server.clock.advance(1_000);
    const id = `p${String(number).padStart(2, "0")}`;
    const isShared = number % 5 === 0;
    await createProject(server, isShared ? other.key : user.key, { id });
    if (isShared) await share(server, other.key, id, user.email, "VIEWER");
    ids.unshift(id);
  }
});
afterAll(() => server.close());

const idsOf = (rows: { id: string }[]) => rows.map(({ id }) => id);

test("The own projects and the shared ones are listed, the newest first, without those of others.", async () => {
  expect(idsOf((await read(server, user.key, `{ projects { id } }`)).projects)).toEqual(ids);
  expect(await read(server, (await server.addUser()).key, `{ projects { id } projectsConnection { edges { node { id } } } }`)).toEqual({
    projects: [],
    projectsConnection: { edges: [] },
  });
});

test("A limit and an offset cut the list, and null takes the default.", async () => {
  const { part, rest, beyond, nulls } = await read(
    server,
    user.key,
    `{ part: projects(limit: 4, offset: 3) { id } rest: projects(limit: 200, offset: 20) { id } beyond: projects(offset: 2147483647) { id } nulls: projects(limit: null, offset: null) { id } }`,
  );

  expect(idsOf(part)).toEqual(ids.slice(3, 7));
  expect(idsOf(rest)).toEqual(ids.slice(20));
  expect(beyond).toEqual([]);
  expect(idsOf(nulls)).toEqual(ids);
});

test.each([
  ["projects(limit: 0)", ["limit"]],
  ["projects(limit: -1)", ["limit"]],
  ["projects(limit: 201)", ["limit"]],
  ["projects(offset: -1)", ["offset"]],
  ["projects(limit: 0, offset: -1)", ["limit", "offset"]],
])("%s is a VALIDATION_ERROR that names every bad argument.", async (field, names) => {
  const { data, errors } = await run(server, user.key, `{ projects: ${field} { id } }`);

  expect(data).toEqual({ projects: null });
  expect(errors).toMatchObject([{ code: "VALIDATION_ERROR", reason: "INVALID_PARAMETER", path: ["projects"] }]);
  expect(errors[0]?.fields).toMatchObject(names.map((name) => ({ path: [name] })));
});

const PAGE = `edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }`;

async function walk(size: number, backwards: boolean) {
  const pages: { edges: { cursor: string; node: { id: string } }[]; pageInfo: Record<string, unknown> }[] = [];
  let cursor: unknown = null;
  do {
    const args = backwards ? "last: $size, before: $cursor" : "first: $size, after: $cursor";
    const query = `query ($size: Int, $cursor: String) { projectsConnection(${args}) { ${PAGE} } }`;
    const page = (await read(server, user.key, query, { size, cursor })).projectsConnection;
    pages.push(page);
    cursor = backwards ? page.pageInfo.startCursor : page.pageInfo.endCursor;
  } while (backwards ? pages.at(-1)?.pageInfo.hasPreviousPage : pages.at(-1)?.pageInfo.hasNextPage);
  return pages;
}

test.each([1, 4, 22, 23, 24])("Pages of %i lead through all projects once, forwards and backwards.", async (size) => {
  const forwards = await walk(size, false);
  const backwards = await walk(size, true);
  const count = Math.ceil(COUNT / size);

  expect(forwards.flatMap(({ edges }) => edges.map(({ node }) => node.id))).toEqual(ids);
  expect([...backwards].reverse().flatMap(({ edges }) => edges.map(({ node }) => node.id))).toEqual(ids);
  expect([forwards.length, backwards.length]).toEqual([count, count]);
  expect(forwards.map(({ pageInfo }) => pageInfo.hasPreviousPage)).toEqual([false, ...Array(count - 1).fill(true)]);
  expect(backwards.map(({ pageInfo }) => pageInfo.hasNextPage)).toEqual([false, ...Array(count - 1).fill(true)]);
});

test("A page is 20 unless it is told otherwise, and lies between two cursors if both are given.", async () => {
  const { usual } = await read(server, user.key, `{ usual: projectsConnection { ${PAGE} } }`);
  const cursors = usual.edges.map(({ cursor }: { cursor: string }) => cursor);
  const between = await read(server, user.key, `{ page: projectsConnection(after: "${cursors[2]}", before: "${cursors[6]}") { ${PAGE} } }`);

  expect(usual.edges).toHaveLength(20);
  expect(usual.pageInfo).toEqual({ hasNextPage: true, hasPreviousPage: false, startCursor: cursors[0], endCursor: cursors[19] });
  expect(between.page.edges.map(({ node }: { node: { id: string } }) => node.id)).toEqual(ids.slice(3, 6));
});

test("Pages stay where they are while projects are made.", async () => {
  const { first } = await read(server, user.key, `{ first: projectsConnection(first: 5) { ${PAGE} } }`);
  server.clock.advance(1_000);
  const late = await createProject(server, user.key, { id: "late" });
  const { second } = await read(
    server,
    user.key,
    `{ second: projectsConnection(first: 5, after: "${first.pageInfo.endCursor}") { ${PAGE} } }`,
  );
  await server.query(user.key, `mutation { deleteProject(input: { id: "${late.id}" }) { deletedAt } }`);

  expect(second.edges.map(({ node }: { node: { id: string } }) => node.id)).toEqual(ids.slice(5, 10));
});

const OWNER = "0123456789abcdef";
const cursorOf = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString("base64url");

test.each([
  ["nonsense", `after: "nonsense"`, ["after"]],
  ["no text", `after: ""`, ["after"]],
  ["a year 0", `before: "${cursorOf(["0000-01-01T00:00:00.000Z", "p1", OWNER])}"`, ["before"]],
  ["an invalid time", `before: "${cursorOf(["2026-13-45T00:00:00.000Z", "p1", OWNER])}"`, ["before"]],
  ["an invalid id", `after: "${cursorOf(["2026-01-01T00:00:00.000Z", "p\u0000", OWNER])}"`, ["after"]],
  ["an invalid owner", `after: "${cursorOf(["2026-01-01T00:00:00.000Z", "p1", "1 OR 1=1"])}"`, ["after"]],
  ["a cursor of version 0.1.0, which ends with a key,", `after: "${cursorOf(["2026-01-01T00:00:00.000Z", "1"])}"`, ["after"]],
  ["a cursor of sessions", `after: "${cursorOf(["NAME_ASC", "x", "00000000-0000-4000-8000-000000000001", "1"])}"`, ["after"]],
  ["an object", `after: "${cursorOf({ createdAt: 1 })}"`, ["after"]],
  ["first and last together", "first: 1, last: 1", ["last"]],
  ["all at once", `first: 0, last: 201, after: "x", before: "y"`, ["first", "last", "after", "before", "last"]],
])("A page with %s is a VALIDATION_ERROR that names every bad argument.", async (_what, args, names) => {
  const { data, errors } = await run(server, user.key, `{ projectsConnection(${args}) { ${PAGE} } }`);

  expect(data).toEqual({ projectsConnection: null });
  expect(errors).toMatchObject([{ code: "VALIDATION_ERROR", reason: "INVALID_PARAMETER" }]);
  expect(errors[0]?.fields).toMatchObject(names.map((name) => ({ path: [name] })));
});
