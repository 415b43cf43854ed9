import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { read, run } from "../support/actions.js";
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

const idsOf = (list: { id: string }[]) => list.map(({ id }) => id);

test.each(ORDERS)("In the order %s equal values are ordered by id, and what has no value comes last.", async (order) => {
  const query = `query ($order: SessionOrder) { all: sessions(orderBy: $order) { id } part: sessions(orderBy: $order, limit: 7, offset: 11) { id }
    projects { id sessions(orderBy: $order, limit: 200) { id } newest: sessions(orderBy: $order, limit: 3) { id } } }`;
  const { all, part, projects } = await read(server, user.key, query, { order });
  const expected = inOrder(rows, order);

  expect(idsOf(all)).toEqual(expected);
  expect(idsOf(part)).toEqual(expected.slice(11, 18));
  expect(projects).toHaveLength(3);
  for (const { id, sessions, newest } of projects) {
    const ofProject = inOrder(
      rows.filter(({ projectId }) => projectId === id),
      order,
    );
    expect(idsOf(sessions)).toEqual(ofProject);
    expect(idsOf(newest)).toEqual(ofProject.slice(0, 3));
  }
});

test("The newest come first where no order is given, or null is, in lists of at most 100 and nested ones of at most 10.", async () => {
  const { none, nil, projects } = await read(
    server,
    user.key,
    `{ none: sessions { id } nil: sessions(orderBy: null, limit: null, offset: null, filters: null) { id } projects { id sessions { id } nil: sessions(orderBy: null, limit: null) { id } } }`,
  );

  expect([idsOf(none), idsOf(nil)]).toEqual([inOrder(rows, "CREATED_AT_DESC"), inOrder(rows, "CREATED_AT_DESC")]);
  for (const project of projects) {
    const newest = inOrder(
      rows.filter(({ projectId }) => projectId === project.id),
      "CREATED_AT_DESC",
    ).slice(0, 10);
    expect([idsOf(project.sessions), idsOf(project.nil)]).toEqual([newest, newest]);
  }
});

test("An offset beyond the end gives an empty list, however large.", async () => {
  expect(await read(server, user.key, `{ a: sessions(offset: 40) { id } b: sessions(offset: 2147483647, limit: 200) { id } }`)).toEqual({
    a: [],
    b: [],
  });
});

test.each([
  ["sessions(limit: 0) { id }", ["limit"]],
  ["sessions(limit: -1) { id }", ["limit"]],
  ["sessions(limit: 201) { id }", ["limit"]],
  ["sessions(offset: -1) { id }", ["offset"]],
  ["sessions(limit: 201, offset: -1, filters: { createdAfter: -1 }) { id }", ["limit", "offset", "filters.createdAfter"]],
  [`project(id: "one") { sessions(limit: 0) { id } }`, ["limit"]],
  [`project(id: "one") { sessions(limit: 201) { id } }`, ["limit"]],
  [`session(id: "00000000-0000-4000-8000-000000000000") { relatedSessions(limit: 0) { id } }`, ["limit"]],
  [`session(id: "00000000-0000-4000-8000-000000000000") { relatedSessions(limit: 201) { id } }`, ["limit"]],
])("%s is a VALIDATION_ERROR that names what is out of range.", async (field, names) => {
  const { errors } = await run(server, user.key, `{ ${field} }`);

  expect(errors).toMatchObject([{ code: "VALIDATION_ERROR", reason: "INVALID_PARAMETER" }]);
  expect((errors[0]?.fields as { path: string[] }[]).map(({ path }) => path.join("."))).toEqual(names);
});
