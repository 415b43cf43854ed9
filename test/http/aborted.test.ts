import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { CLIENT, startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer();
  key = (await server.addUser()).key;
});
afterAll(() => server.close());

test("A client that goes away in the middle of its request is a line in the log, and no failure.", async () => {
  const client = new AbortController();
  const body = new ReadableStream({ pull: () => client.abort() });
  const request = new Request("http://backstory.test/api/v1/graphql", {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body,
    signal: client.signal,
    ...{ duplex: "half" },
  });
  const { status } = await server.fetch(request, CLIENT);
  expect(status).toBe(499);
  expect(server.lines.at(-1)).toMatchObject({ msg: "request", status: 499 });
  expect(server.takeLog()).toEqual([]);
});

test("The server goes on after a client went away.", async () => {
  expect((await server.query(key, "{ __typename }")).body).toEqual({ data: { __typename: "Query" } });
});
