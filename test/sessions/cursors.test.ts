import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { read, run, save, uuid } from "../support/actions.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_GRAPHQL: "10000/1h" });
  key = (await server.addUser()).key;
  for (let number = 1; number <= 3; number += 1) await save(server, key, { id: uuid(number), name: `N${number}` });
});
afterAll(() => server.close());

const toCursor = (parts: unknown) => Buffer.from(typeof parts === "string" ? parts : JSON.stringify(parts)).toString("base64url");
const [TIME, ID] = ["2026-06-15T12:00:00.000Z", uuid(2)];

const EDITED: [string, string, string][] = [
  ["nothing in it", "CREATED_AT_DESC", ""],
  ["no base64", "CREATED_AT_DESC", "%%%\u0000"],
  ["a number", "CREATED_AT_DESC", toCursor(5)],
  ["broken JSON", "CREATED_AT_DESC", toCursor(`["CREATED_AT_DESC",`)],
  ["too few parts", "CREATED_AT_DESC", toCursor(["CREATED_AT_DESC", TIME])],
  ["too many parts", "CREATED_AT_DESC", toCursor(["CREATED_AT_DESC", TIME, ID, "1", "2"])],
  ["another order", "CREATED_AT_DESC", toCursor(["CREATED_AT_ASC", TIME, ID, "1"])],
  ["no order that there is", "CREATED_AT_DESC", toCursor(["constructor", TIME, ID, "1"])],
  ["a null where there is always a value", "CREATED_AT_DESC", toCursor(["CREATED_AT_DESC", null, ID, "1"])],
  ["an invalid time", "CREATED_AT_DESC", toCursor(["CREATED_AT_DESC", "yesterday", ID, "1"])],
  ["infinity", "CREATED_AT_DESC", toCursor(["CREATED_AT_DESC", "infinity", ID, "1"])],
  ["a year 0", "CREATED_AT_DESC", toCursor(["CREATED_AT_DESC", "0000-01-01T00:00:00.000Z", ID, "1"])],
  ["a 30th of February", "UPDATED_AT_ASC", toCursor(["UPDATED_AT_ASC", "2026-02-30T00:00:00.000Z", ID, "1"])],
  ["an invalid id", "CREATED_AT_DESC", toCursor(["CREATED_AT_DESC", TIME, "x", "1"])],
  ["an invalid owner", "CREATED_AT_DESC", toCursor(["CREATED_AT_DESC", TIME, ID, "-1"])],
  ["an owner too long", "CREATED_AT_DESC", toCursor(["CREATED_AT_DESC", TIME, ID, "9223372036854775808"])],
  ["U+0000 in a name", "NAME_ASC", toCursor(["NAME_ASC", "a\u0000", ID, "1"])],
  ["half a surrogate pair in a name", "NAME_ASC", toCursor(`["NAME_ASC","\\ud800","${ID}","1"]`)],
  ["an invalid size", "MARKDOWN_SIZE_ASC", toCursor(["MARKDOWN_SIZE_ASC", "1e9", ID, "1"])],
  ["a size too large", "MARKDOWN_SIZE_ASC", toCursor(["MARKDOWN_SIZE_ASC", "99999999999", ID, "1"])],
];

test.each(EDITED)(
  "A cursor with %s is a VALIDATION_ERROR that names the argument, in every connection of sessions.",
  async (_what, order, cursor) => {
    const query = `query ($cursor: String, $order: SessionOrder) {
    sessionsConnection(after: $cursor, orderBy: $order) { edges { cursor } }
    project(id: "app") { sessionsConnection(before: $cursor, orderBy: $order) { edges { cursor } } } }`;
    const { data, errors } = await run(server, key, query, { cursor, order });

    expect(data).toEqual({ sessionsConnection: null, project: { sessionsConnection: null } });
    expect(errors).toMatchObject([
      { reason: "INVALID_PARAMETER", path: ["project", "sessionsConnection"], fields: [{ path: ["before"] }] },
      { reason: "INVALID_PARAMETER", path: ["sessionsConnection"], fields: [{ path: ["after"] }] },
    ]);
  },
);

test("A cursor that was edited to another position of its order is read as that position.", async () => {
  const page = async (order: string, value: string | null, id: string) => {
    const cursor = toCursor([order, value, id, "0123456789abcdef"]);
    const { edges } = (await read(server, key, `{ sessionsConnection(orderBy: ${order}, after: "${cursor}") { edges { node { name } } } }`))
      .sessionsConnection;
    return edges.map(({ node }: { node: { name: string } }) => node.name);
  };

  expect(await page("NAME_ASC", "N1\\';--", uuid(9))).toEqual(["N2", "N3"]);
  expect(await page("NAME_ASC", "", uuid(0))).toEqual(["N1", "N2", "N3"]);
  expect(await page("CREATED_AT_ASC", "0001-01-01T00:00:00Z", uuid(0))).toEqual(["N1", "N2", "N3"]);
  expect(await page("STARTED_AT_DESC", null, uuid(3))).toEqual(["N2", "N1"]);
  expect(await page("MARKDOWN_SIZE_DESC", "999999999", uuid(0))).toEqual(["N3", "N2", "N1"]);
});

test("Bad arguments of a connection are named all at once, and first and last do not go together.", async () => {
  const bad = await run(
    server,
    key,
    `{ sessionsConnection(first: 201, last: 0, after: "x", before: "y", filters: { createdAfter: -1 }) { edges { cursor } } }`,
  );
  const both = await run(server, key, `{ sessionsConnection(first: 1, last: 1) { edges { cursor } } }`);
  const pathsOf = ({ errors }: typeof bad) => (errors[0]?.fields as { path: string[] }[]).map(({ path }) => path.join("."));

  expect(pathsOf(bad).sort()).toEqual(["after", "before", "filters.createdAfter", "first", "last", "last"]);
  expect(pathsOf(both)).toEqual(["last"]);
});
