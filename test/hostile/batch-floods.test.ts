import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { rejectionOf } from "../support/rejection.js";
import { startTestServer, type Answer, type TestServer } from "../support/server.js";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_GRAPHQL: "15/1h" });
  key = (await server.addUser()).key;
});
afterAll(() => server.close());

function send(batch: unknown, authorization: Readonly<Record<string, string>>, address?: string): Promise<Answer> {
  const headers = { "content-type": "application/json", ...authorization };
  return server.send("/api/v1/graphql", { method: "POST", headers, body: JSON.stringify(batch) }, address);
}

const withKey = () => ({ authorization: `Bearer ${key}` });
const operations = (count: number, query: string) => Array.from({ length: count }, () => ({ query }));

test("Of a batch of twenty thousand operations none is run, and none counted.", async () => {
  const create = 'mutation { createProject(input: { name: "Flood" }) { project { id } } }';
  const answer = await send(operations(20_000, create), withKey());
  expect(rejectionOf(answer)).toMatchObject({ http: 400, exceeded: "MAX_BATCH", limit: 10 });
  expect(answer.headers.get("x-ratelimit-remaining")).toBe("15");
  expect(await server.prisma.project.count()).toBe(0);
});

test("A batch within a batch counts as one invalid operation.", async () => {
  const { body } = await send([operations(10, "{ __typename }"), { query: "{ __typename }" }], withKey());
  expect(body).toHaveLength(2);
  expect(body[0].errors[0].extensions).toMatchObject({ reason: "INVALID_FORMAT" });
  expect(body[1]).toEqual({ data: { __typename: "Query" } });
});

test("Batches without a key are held to the budget of their address, operation by operation.", async () => {
  const batch = operations(10, "{ __schema { queryType { name } } }");
  const rejected = ({ body }: Answer) => (body as { errors?: unknown }[]).filter(({ errors }) => errors !== undefined).length;
  const first = await send(batch, {}, "192.0.2.77");
  const second = await send(batch, {}, "192.0.2.77");
  expect([rejected(first), rejected(second)]).toEqual([0, 5]);
  expect((await send(batch, {}, "192.0.2.77")).status).toBe(429);
});
