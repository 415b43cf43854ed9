import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { rejectionOf } from "../support/rejection.js";
import { startTestServer, type TestServer } from "../support/server.js";

const onPostgres = process.env.TEST_DATABASE_URL === undefined ? test.skip : test;

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer({ OPERATION_TIMEOUT_MS: "300" });
  key = (await server.addUser()).key;
});
afterAll(async () => {
  server.takeLog();
  await server.close();
});

/** Keeps a table from everybody else for as long as something runs. */
function whileLocked<T>(table: "Project" | "ApiKey", run: () => Promise<T>): Promise<T> {
  return server.prisma.$transaction(
    async (transaction) => {
      await transaction.$executeRawUnsafe(`LOCK TABLE "${table}" IN ACCESS EXCLUSIVE MODE`);
      return run();
    },
    { timeout: 60_000 },
  );
}

test("An operation that cannot even begin in time is rejected as a whole with 504.", async () => {
  const answer = await whileLocked("ApiKey", () => server.query(key, "{ viewer { id } }"));
  expect(rejectionOf(answer)).toMatchObject({ http: 504, code: "GATEWAY_TIMEOUT", reason: "UPSTREAM_TIMEOUT" });
  expect((await server.query(key, "{ __typename }")).status).toBe(200);
});

onPostgres("At the deadline the fields that are done keep their data, and the others are 504 (needs TEST_DATABASE_URL).", async () => {
  const { status, body } = await whileLocked("Project", () => server.query(key, "{ projects { id } viewer { id } }"));
  expect([status, body.data]).toEqual([200, { projects: null, viewer: { id: expect.any(String) } }]);
  expect(body.errors).toMatchObject([{ path: ["projects"], extensions: { code: "GATEWAY_TIMEOUT", status: 504 } }]);
});

onPostgres("At the deadline the database is told to stop, also in a transaction (needs TEST_DATABASE_URL).", async () => {
  const waiting = await whileLocked("Project", async () => {
    const input = { projectId: "late", name: "late", markdown: "late" };
    const save = "mutation ($input: SaveSessionInput!) { saveSession(input: $input) { created } }";
    const { body } = await server.query(key, save, { input });
    expect(body.errors[0].extensions.code).toBe("GATEWAY_TIMEOUT");
    const headers = { authorization: `Bearer ${key}` };
    expect((await server.send("/api/v1/projects", { headers })).status).toBe(504);
    return server.prisma.$queryRaw`SELECT query FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  });
  expect(waiting).toEqual([]);
  expect((await server.query(key, '{ project(id: "late") { id } }')).body.errors[0].extensions.code).toBe("NOT_FOUND");
});
