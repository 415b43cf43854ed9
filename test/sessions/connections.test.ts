import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { change, read, save, uuid } from "../support/actions.js";
import { inOrder, makeAssorted, ORDERS, type Assorted } from "../support/assorted-sessions.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

let server: TestServer;
let user: TestUser;
let rows: Assorted[];
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_GRAPHQL: "10000/1h" });
  user = await server.addUser();
  rows = await makeAssorted(server, user);
});
afterAll(() => server.close());

type Page = {
  edges: { cursor: string; node: { id: string } }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
};
const PAGE = `edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }`;
const idsOf = ({ edges }: Page) => edges.map(({ node }) => node.id);

/** All pages from one end to the other, of all sessions or of a project. */
async function walk(order: string, size: number, backwards: boolean, projectId?: string): Promise<Page[]> {
  const args = backwards ? "last: $size, before: $cursor" : "first: $size, after: $cursor";
  const field = `sessionsConnection(orderBy: $order, ${args}) { ${PAGE} }`;
  const query = `query ($order: SessionOrder, $size: Int, $cursor: String) { ${projectId === undefined ? field : `project(id: "${projectId}") { ${field} }`} }`;
  const pages: Page[] = [];
  for (let cursor: string | null = null, more = true; more;) {
    const data = await read(server, user.key, query, { order, size, cursor });
    const page: Page = (data.project ?? data).sessionsConnection;
    pages.push(page);
    cursor = backwards ? page.pageInfo.startCursor : page.pageInfo.endCursor;
    more = backwards ? page.pageInfo.hasPreviousPage : page.pageInfo.hasNextPage;
  }
  return pages;
}

test.each(ORDERS)(
  "In the order %s pages lead through all sessions once, forwards and backwards, and say whether there is more.",
  async (order) => {
    const expected = inOrder(rows, order);
    for (const size of [3, 8]) {
      const forwards = await walk(order, size, false);
      const backwards = (await walk(order, size, true)).reverse();
      const count = Math.ceil(rows.length / size);

      expect(forwards.flatMap(idsOf)).toEqual(expected);
      expect(backwards.flatMap(idsOf)).toEqual(expected);
      expect([forwards.length, backwards.length]).toEqual([count, count]);
      for (const pages of [forwards, backwards]) {
        expect(pages.map(({ pageInfo }) => [pageInfo.hasPreviousPage, pageInfo.hasNextPage])).toEqual(
          pages.map((_page, index) => [index > 0, index < count - 1]),
        );
        for (const { edges, pageInfo } of pages) {
          expect([pageInfo.startCursor, pageInfo.endCursor]).toEqual([edges[0]?.cursor, edges.at(-1)?.cursor]);
        }
      }
    }
  },
);

test.each(["STARTED_AT_ASC", "STARTED_AT_DESC", "NAME_DESC"])(
  "The pages of one project in the order %s lead through its sessions alone.",
  async (order) => {
    for (const projectId of ["one", "shared"]) {
      const expected = inOrder(
        rows.filter((row) => row.projectId === projectId),
        order,
      );
      expect((await walk(order, 4, false, projectId)).flatMap(idsOf)).toEqual(expected);
      expect((await walk(order, 4, true, projectId)).reverse().flatMap(idsOf)).toEqual(expected);
    }
  },
);

test("A page between two cursors ends at both, from either side.", async () => {
  const { edges } = (await read(server, user.key, `{ sessionsConnection(first: 40, orderBy: STARTED_AT_DESC) { ${PAGE} } }`))
    .sessionsConnection as Page;
  const [after, before] = [edges[24]?.cursor, edges[30]?.cursor]; // the unknown starts begin between them
  const between = async (args: string) =>
    idsOf(
      (
        await read(
          server,
          user.key,
          `{ page: sessionsConnection(orderBy: STARTED_AT_DESC, after: "${after}", before: "${before}" ${args}) { ${PAGE} } }`,
        )
      ).page,
    );
  const expected = edges.slice(25, 30).map(({ node }) => node.id);

  expect(await between("")).toEqual(expected);
  expect(await between("first: 2")).toEqual(expected.slice(0, 2));
  expect(await between("last: 2")).toEqual(expected.slice(-2));
});

test("Filters hold across pages.", async () => {
  const query = `query ($after: String) { sessionsConnection(first: 5, after: $after, orderBy: NAME_ASC, filters: { projectIds: ["two", "shared"] }) { ${PAGE} } }`;
  const first: Page = (await read(server, user.key, query)).sessionsConnection;
  const second: Page = (await read(server, user.key, query, { after: first.pageInfo.endCursor })).sessionsConnection;

  expect([...idsOf(first), ...idsOf(second)]).toEqual(
    inOrder(
      rows.filter(({ projectId }) => projectId !== "one"),
      "NAME_ASC",
    ).slice(0, 10),
  );
});

test("A page is 20 unless it is told otherwise, and an empty one has no cursors.", async () => {
  const { usual, none } = await read(
    server,
    user.key,
    `{ usual: sessionsConnection { ${PAGE} } none: sessionsConnection(filters: { tags: ["none"] }) { ${PAGE} } }`,
  );

  expect(idsOf(usual)).toEqual(inOrder(rows, "CREATED_AT_DESC").slice(0, 20));
  expect(none).toEqual({ edges: [], pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null } });
});

test("Pages stay where they are while sessions come and go, also where the cursor's own session goes.", async () => {
  const { key } = await server.addUser();
  for (let number = 1; number <= 9; number += 1) await save(server, key, { id: uuid(number) });
  const page = async (after: string | null): Promise<Page> =>
    (await read(server, key, `query ($after: String) { page: sessionsConnection(first: 4, after: $after) { ${PAGE} } }`, { after })).page;
  const first = await page(null);
  server.clock.advance(1_000);
  await save(server, key, { id: uuid(10) });
  await change(server, key, "deleteSession", { id: uuid(6) }, "id");
  const second = await page(first.pageInfo.endCursor);

  expect(idsOf(first)).toEqual([9, 8, 7, 6].map(uuid));
  expect(idsOf(second)).toEqual([5, 4, 3, 2].map(uuid));
});
