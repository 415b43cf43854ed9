import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createProject, read, save, share, uuid } from "../support/actions.js";
import { addSessionRows, restClient } from "../support/rest.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

let server: TestServer;
let user: TestUser;
let owners: TestUser[];

/** The user and two others, who share theirs with the user, have projects and sessions with the same ids, made at the same moment. */
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_GRAPHQL: "10000/1h" });
  const others = [await server.addUser(), await server.addUser()];
  user = await server.addUser();
  owners = [...others, user];
  for (const { key } of owners) {
    for (const projectId of ["a", "b"]) {
      await createProject(server, key, { id: projectId });
      for (const number of [1, 2]) await save(server, key, { id: uuid(projectId === "a" ? number : number + 2), projectId });
    }
  }
  for (const { key } of others) for (const id of ["a", "b"]) await share(server, key, id, user.email, "VIEWER");
});
afterAll(() => server.close());

type Page = {
  readonly edges: {
    readonly cursor: string;
    readonly node: { readonly id: string; readonly ownerId?: string; readonly project?: { readonly ownerId: string } };
  }[];
  readonly pageInfo: Readonly<Record<string, string | boolean | null>>;
};

const CONNECTIONS: [string, string, string][] = [
  ["projectsConnection", "", "id ownerId"],
  ...["CREATED_AT_DESC", "CREATED_AT_ASC", "STARTED_AT_DESC", "NAME_ASC"].map((order): [string, string, string] => [
    "sessionsConnection", `orderBy: ${order},`, "id project { ownerId }",
  ]),
  ["sessionsConnection", `filters: { projectIds: ["a", "b"] },`, "id project { ownerId }"],
]; // prettier-ignore

async function walk([field, args, selection]: [string, string, string], size: number, backwards: boolean): Promise<string[]> {
  const seen: string[] = [];
  for (let cursor: unknown = null, more: unknown = true; more === true;) {
    const query = `query ($size: Int, $cursor: String) {
      page: ${field}(${args} ${backwards ? "last: $size, before: $cursor" : "first: $size, after: $cursor"}) {
        edges { cursor node { ${selection} } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
    const { edges, pageInfo }: Page = (await read(server, user.key, query, { size, cursor })).page;
    const names = edges.map(({ node }) => `${node.id} of ${String(node.ownerId ?? node.project?.ownerId)}`);
    seen.push(...(backwards ? names.reverse() : names));
    [cursor, more] = backwards ? [pageInfo.startCursor, pageInfo.hasPreviousPage] : [pageInfo.endCursor, pageInfo.hasNextPage];
  }
  return backwards ? seen.reverse() : seen;
}

test.each(CONNECTIONS)(
  "Pages of %s(%s) lead once through rows that are equal in all but their owners, both ways.",
  async (...connection) => {
    const whole = await walk(connection, 100, false);
    const count = connection[0] === "projectsConnection" ? 6 : connection[1].startsWith("filters") ? 4 : 12;

    expect(new Set(whole).size).toBe(count);
    for (const size of [1, 2, 5]) {
      expect(await walk(connection, size, false)).toEqual(whole);
      expect(await walk(connection, size, true)).toEqual(whole);
    }
  },
);

const decode = (cursor: string) => JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")) as unknown[];

test("Cursors hold the value that orders, the id and no more than 16 digits that part owners: no keys, and no ids of owners.", async () => {
  const { sessions, projects, project } = await read(
    server,
    user.key,
    `{ sessions: sessionsConnection(orderBy: NAME_ASC) { edges { cursor node { id } } pageInfo { startCursor } }
       projects: projectsConnection { edges { cursor node { id } } }
       project(id: "a") { sessionsConnection { edges { cursor node { id } } } } }`,
  );
  const time = "2026-06-15T12:00:00.000Z";
  const digest = expect.stringMatching(/^[0-9a-f]{16}$/);
  const all = [...sessions.edges, ...projects.edges, ...project.sessionsConnection.edges] as Page["edges"];

  for (const { cursor, node } of sessions.edges) expect(decode(cursor)).toEqual(["NAME_ASC", "A session", node.id, digest]);
  for (const { cursor, node } of projects.edges) expect(decode(cursor)).toEqual([time, node.id, digest]);
  for (const { cursor, node } of project.sessionsConnection.edges)
    expect(decode(cursor)).toEqual(["CREATED_AT_DESC", time, node.id, digest]);
  for (const { cursor } of all) for (const { id } of owners) expect(String(decode(cursor))).not.toContain(id.slice(0, 8));
  const { nextCursor } = (await restClient(server, user.key).get("/projects/a/sessions?limit=1")).body.data;
  expect(decode(nextCursor)).toEqual([time, uuid(2)]);
});

const former = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString("base64url");

test("Cursors of sessions from version 0.1.0, which end with a key, go on where they were, over GraphQL and REST.", async () => {
  const owner = await server.addUser();
  await createProject(server, owner.key, { id: "long" });
  await addSessionRows(server, "long", 1, 9);
  const { edges } = (await read(server, owner.key, "{ sessionsConnection(first: 5) { edges { cursor node { id } } } }")).sessionsConnection;
  const [order, value, id] = decode(edges[4].cursor);
  const after = former(order, value, id, "4711");
  const query = `{ sessionsConnection(after: "${after}") { edges { node { id } } } project(id: "long") { sessionsConnection(after: "${after}") { edges { node { id } } } } }`;
  const rest = [4, 3, 2, 1].map((number) => ({ node: { id: uuid(number) } }));

  expect(await read(server, owner.key, query)).toEqual({
    sessionsConnection: { edges: rest },
    project: { sessionsConnection: { edges: rest } },
  });
  const page = await restClient(server, owner.key).get(`/projects/long/sessions?cursor=${former(value, id, "4711")}`);
  expect(page.body.data.sessions.map((session: { id: string }) => session.id)).toEqual(rest.map(({ node }) => node.id));
});

test("A cursor whose owner shares nothing with the caller any more goes on after its place.", async () => {
  const [owner, member] = [await server.addUser(), await server.addUser()];
  for (const { key } of [owner, member]) for (const number of [1, 2, 3]) await save(server, key, { id: uuid(number), projectId: "gone" });
  await share(server, owner.key, "gone", member.email, "VIEWER");
  const page = async (args: string) => (await read(server, member.key, `{ page: sessionsConnection(${args}) { edges { cursor node { id project { ownerId } } } } }`)).page.edges; // prettier-ignore
  const foreign = (await page("first: 6")).filter(({ node }: Page["edges"][number]) => node.project?.ownerId === owner.id)[1];
  await server.query(member.key, `mutation { leaveProject(input: { projectId: "gone", ownerId: "${owner.id}" }) { projectId } }`);

  expect(foreign.node.id).toBe(uuid(2));
  expect((await page(`after: "${foreign.cursor}"`)).map(({ node }: Page["edges"][number]) => node.id)).toEqual([uuid(1)]);
  expect((await page(`before: "${foreign.cursor}"`)).map(({ node }: Page["edges"][number]) => node.id)).toEqual([uuid(3)]);
});
