import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer();
  key = (await server.addUser()).key;
  for (const id of ["p", "q"]) {
    await server.query(key, 'mutation ($id: ID!) { createProject(input: { id: $id, name: "N" }) { project { id } } }', { id });
  }
  // Takes away a column that one field needs, as a bug would.
  await server.prisma.$executeRaw`ALTER TABLE "ProjectMember" RENAME COLUMN "role" TO "position"`;
});
beforeEach(() => void server.takeLog());
afterAll(async () => {
  server.takeLog();
  await server.close();
});

/** What only the log may say: our files, the database's words, the languages of both. */
const SECRETS = /\.[jt]s\b|node_modules|prisma|ProjectMember|column |SELECT|42703|P2022/i;

const QUERY = "{ projects { id } viewer { email } broken: projects(limit: 1) { members { role } } }";

test("An unknown exception fails its field only, and the client learns nothing of it but the request's id.", async () => {
  const { status, headers, body } = await server.query(key, QUERY);
  expect(status).toBe(200);
  expect(body.data).toMatchObject({ projects: [{ id: "q" }, { id: "p" }], viewer: {}, broken: [{ members: null }] });
  expect(body.errors).toEqual([
    {
      message: "Internal server error",
      path: ["broken", 0, "members"],
      locations: [{ line: 1, column: QUERY.indexOf("members") + 1 }],
      extensions: {
        code: "INTERNAL_SERVER_ERROR",
        reason: "INTERNAL_ERROR",
        status: 500,
        retryable: true,
        requestId: headers.get("x-request-id"),
        solution: expect.any(String),
        documentationUrl: "http://backstory.test/errors#INTERNAL_SERVER_ERROR",
      },
    },
  ]);
  expect(JSON.stringify(body.errors)).not.toMatch(SECRETS);
});

test("An unknown exception is logged once, in full, under the id that the client was given.", async () => {
  const { headers } = await server.query(key, QUERY);
  const lines = server.takeLog();
  expect(lines).toMatchObject([
    { level: 50, msg: "internal error", reason: "INTERNAL_ERROR", requestId: headers.get("x-request-id"), path: ["broken", 0, "members"] },
  ]);
  expect(lines[0]?.err).toMatchObject({ stack: expect.stringMatching(/column m\.role does not exist\n +at /) });
});

test("What fails once for many fields is logged once, and each field has its error.", async () => {
  const { body } = await server.query(key, "{ projects { members { role } } }");
  expect(body.errors.map(({ path }: { path: unknown }) => path)).toEqual([
    ["projects", 0, "members"],
    ["projects", 1, "members"],
  ]);
  expect(server.takeLog()).toHaveLength(1);
});

test("A mutation that fails unexpectedly leaves the others of its operation their answers.", async () => {
  const { status, body } = await server.query(
    key,
    `mutation {
      first: createProject(input: { id: "a", name: "A" }) { project { id } }
      broken: addProjectMember(input: { projectId: "a", email: "x@example.com", role: VIEWER }) { member { role } }
      last: createProject(input: { id: "b", name: "B" }) { project { id } }
    }`,
  );
  expect(status).toBe(200);
  expect(body.data).toMatchObject({ first: { project: { id: "a" } }, broken: null, last: { project: { id: "b" } } });
});

test("An unknown exception before any operation is 500 with our body and no data.", async () => {
  await server.prisma.$executeRaw`ALTER TABLE "ApiKey" RENAME TO "Elsewhere"`;
  server.forgetKeys();
  const { status, headers, body } = await server.query(key, "{ projects { id } }");
  expect(status).toBe(500);
  expect(body).not.toHaveProperty("data");
  expect(body.errors).toMatchObject([
    { message: "Internal server error", extensions: { reason: "INTERNAL_ERROR", status: 500, requestId: headers.get("x-request-id") } },
  ]);
  expect(JSON.stringify(body)).not.toMatch(/ApiKey|Elsewhere|relation|prisma/i);
  expect(server.takeLog()).toHaveLength(1);
  await server.prisma.$executeRaw`ALTER TABLE "Elsewhere" RENAME TO "ApiKey"`;
});

test("Failures of a client are no warnings of ours.", async () => {
  await server.query(key, "{");
  await server.query("wrong", "{ __typename }");
  await server.query(key, "{ projects(limit: 0) { id } analytics { totalProjects } }");
  expect(server.takeLog()).toEqual([]);
});
