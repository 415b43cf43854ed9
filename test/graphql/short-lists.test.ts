import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createProject, read, uuid } from "../support/actions.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

const COUNT = 203;
const ids = Array.from({ length: COUNT }, (_, index) => uuid(index + 1));
const nameOf = (index: number) => `n${String(index).padStart(3, "0")}`;

let server: TestServer;
let user: TestUser;
beforeAll(async () => {
  server = await startTestServer();
  user = await server.addUser();
  for (const id of ["team", "alone"]) await createProject(server, user.key, { id });
  const { key: projectKey } = await server.prisma.project.findFirstOrThrow({ where: { id: "team" } });
  const timeOf = (index: number) => new Date(server.clock.now().getTime() + index + 1);
  await server.prisma.apiKey.createMany({
    data: ids.map((id, index) => ({ id, userId: user.id, name: nameOf(index), hash: id, scopes: [], createdAt: timeOf(index) })),
  });
  await server.prisma.user.createMany({
    data: ids.map((id, index) => ({ id, email: `${nameOf(index)}@example.com`, createdAt: timeOf(index) })),
  });
  await server.prisma.projectMember.createMany({
    data: ids.map((userId, index) => ({ projectKey, userId, role: "VIEWER" as const, createdAt: timeOf(index) })),
  });
});
afterAll(() => server.close());

const names = (from: number, to: number) => ids.slice(from, to).map((_, index) => nameOf(from + index));

async function keys(args = ""): Promise<string[]> {
  const { viewer } = await read(server, user.key, `{ viewer { apiKeys${args} { name } } }`);
  return viewer.apiKeys.map(({ name }: { name: string }) => name);
}

async function members(args = ""): Promise<string[]> {
  const { project } = await read(server, user.key, `{ project(id: "team") { members${args} { user { email } } } }`);
  return project.members.map((member: { user: { email: string } }) => member.user.email.split("@")[0]);
}

test("A user with more keys than a list may have reads them page by page, the newest first.", async () => {
  expect(await keys()).toEqual(names(3, COUNT).reverse());
  expect(await keys("(limit: 2, offset: 1)")).toEqual(names(200, 202).reverse());
  expect((await keys("(offset: 200)")).slice(0, 3)).toEqual(names(0, 3).reverse());
});

test("A project with more members than a list may have shows them page by page, the longest first.", async () => {
  expect(await members()).toEqual(names(0, 200));
  expect(await members("(limit: 2, offset: 1)")).toEqual(names(1, 3));
  expect(await members("(offset: 200)")).toEqual(names(200, COUNT));
});

test("Several pages of several projects are read in one operation, each with what it asks for.", async () => {
  const { projects } = await read(
    server,
    user.key,
    `{ projects { id first: members(limit: 1) { user { email } } next: members(limit: 1, offset: 1) { user { email } } } }`,
  );
  const page = (index: number) => [{ user: { email: `${nameOf(index)}@example.com` } }];
  expect(projects).toContainEqual({ id: "team", first: page(0), next: page(1) });
  expect(projects).toContainEqual({ id: "alone", first: [], next: [] });
});

test.each([
  ["limit", "(limit: 0)"],
  ["limit", "(limit: 201)"],
  ["offset", "(offset: -1)"],
])("A bad %s fails the list alone: %s.", async (name, args) => {
  const query = `{ viewer { id apiKeys${args} { id } } project(id: "team") { id members${args} { role } } }`;
  const { data, errors } = (await server.query(user.key, query)).body;
  expect(data).toEqual({ viewer: { id: user.id, apiKeys: null }, project: { id: "team", members: null } });
  const expected = (path: string[]) => ({ path, extensions: { code: "VALIDATION_ERROR", fields: [{ path: [name] }] } });
  const sorted = errors.toSorted((a: { path: string[] }, b: { path: string[] }) => a.path.join().localeCompare(b.path.join()));
  expect(sorted).toMatchObject([expected(["project", "members"]), expected(["viewer", "apiKeys"])]); // which is first depends on the database
});
