import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { openFaultyLine } from "../support/faulty-line.js";
import { rejectionOf } from "../support/rejection.js";
import { startTestServer, type TestServer } from "../support/server.js";

const url = process.env.TEST_DATABASE_URL;

const onPostgres = url === undefined ? describe.skip : describe;

onPostgres("On PostgreSQL,", () => {
  let server: TestServer;
  let line: Awaited<ReturnType<typeof openFaultyLine>>;
  let key: string;

  beforeAll(async () => {
    const { hostname, port } = new URL(url ?? "");
    line = await openFaultyLine(hostname, Number(port || 5432));
    server = await startTestServer({ DATABASE_TIMEOUT_MS: "500" }, (target) => {
      target.hostname = "localhost"; // which is two addresses, so that what fails fails twice
      target.port = String(line.port);
      return target;
    });
    key = (await server.addUser()).key;
  });
  beforeEach(() => server.forgetKeys());
  afterAll(async () => {
    server.takeLog();
    await server.close();
    await line.close();
  });

  test("a statement that passes DATABASE_TIMEOUT_MS fails its field with GATEWAY_TIMEOUT, and the others have their data.", async () => {
    const { status, body } = await server.prisma.$transaction(
      async (transaction) => {
        await transaction.$executeRaw`SET LOCAL idle_in_transaction_session_timeout = 0`;
        await transaction.$executeRaw`LOCK TABLE "Project" IN ACCESS EXCLUSIVE MODE`;
        return server.query(key, "{ projects { id } viewer { id } }");
      },
      { timeout: 60_000 },
    );
    expect(status).toBe(200);
    expect(body.data).toMatchObject({ projects: null, viewer: { id: expect.any(String) } });
    expect(body.errors).toMatchObject([
      { path: ["projects"], extensions: { code: "GATEWAY_TIMEOUT", reason: "UPSTREAM_TIMEOUT", status: 504, retryable: true } },
    ]);
    expect(server.takeLog()).toMatchObject([{ level: 40, reason: "UPSTREAM_TIMEOUT" }]);
  });

  test("a key that cannot be looked up in time rejects the whole request with 504.", async () => {
    const answer = await server.prisma.$transaction(
      async (transaction) => {
        await transaction.$executeRaw`SET LOCAL idle_in_transaction_session_timeout = 0`;
        await transaction.$executeRaw`LOCK TABLE "ApiKey" IN ACCESS EXCLUSIVE MODE`;
        return server.query(key, "{ __typename }");
      },
      { timeout: 60_000 },
    );
    expect(rejectionOf(answer)).toMatchObject({ http: 504, code: "GATEWAY_TIMEOUT", reason: "UPSTREAM_TIMEOUT" });
  });

  test("a connection that is cut is BAD_GATEWAY, and the next request gets a new one.", async () => {
    await line.become("cut");
    expect(rejectionOf(await server.query(key, "{ __typename }"))).toMatchObject({
      http: 502,
      code: "BAD_GATEWAY",
      reason: "UPSTREAM_ERROR",
      retryable: true,
    });
    await line.become("none");
    expect((await server.query(key, "{ __typename }")).body).toEqual({ data: { __typename: "Query" } });
  });

  test("a server that takes no connections is 503, and works again as soon as it does.", async () => {
    await line.become("refuse");
    await server.query(key, "{ __typename }"); // may find out on a connection that was open
    const answer = await server.query(key, "{ __typename }");
    expect(rejectionOf(answer)).toMatchObject({ http: 503, code: "SERVICE_UNAVAILABLE", reason: "UPSTREAM_UNAVAILABLE", retryable: true });
    expect(answer.body.errors).toHaveLength(1);
    expect((await server.send("/readyz")).status).toBe(503);
    await line.become("none");
    expect((await server.query(key, "{ __typename }")).body).toEqual({ data: { __typename: "Query" } });
    expect((await server.send("/readyz")).status).toBe(200);
  });

  test("a server that accepts connections and says nothing on them is 503, for whatever needs a new one.", async () => {
    await line.become("refuse");
    await server.query(key, "{ __typename }"); // finds out that the connections are gone which were open
    await line.become("silent");
    const unavailable = { reason: "UPSTREAM_UNAVAILABLE", retryable: true };
    const answers = await Promise.all([server.query(key, "{ __typename }"), server.query(key, "{ projects { id } }")]);
    for (const answer of answers) expect(rejectionOf(answer)).toMatchObject({ http: 503, code: "SERVICE_UNAVAILABLE", ...unavailable });
    const signIn = await server.send("/api/v1/device-login", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ device_code: "ABCDEF" }),
    });
    expect([signIn.status, signIn.body.error.code]).toEqual([503, "UPSTREAM_UNAVAILABLE"]);
    expect((await server.send("/readyz")).status).toBe(503);
    await line.become("none");
    expect((await server.query(key, "{ __typename }")).body).toEqual({ data: { __typename: "Query" } });
  });

  test("a server that falls silent is 504.", async () => {
    await line.become("silent");
    const answer = await server.query(key, "{ __typename }");
    expect(rejectionOf(answer)).toMatchObject({ http: 504, code: "GATEWAY_TIMEOUT" });
    await line.become("none");
    expect((await server.query(key, "{ __typename }")).body).toEqual({ data: { __typename: "Query" } });
  });
});
