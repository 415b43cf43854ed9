import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { serverAudits } from "graphql-http";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer();
  key = (await server.addUser()).key;
});
afterAll(() => server.close());

function auditsAs(authorization: () => Record<string, string>) {
  return serverAudits({
    url: "http://backstory.test/api/v1/graphql",
    fetchFn: (url: string, init: RequestInit = {}) =>
      server.fetch(new Request(url, { ...init, headers: { ...(init.headers as Record<string, string>), ...authorization() } }), {
        address: "192.0.2.7",
        origin: null,
      }),
  });
}

describe("GraphQL over HTTP holds for a caller with a key:", () => {
  const audits = auditsAs(() => ({ authorization: `Bearer ${key}` }));

  test("There are 61 audits.", () => {
    expect(audits).toHaveLength(61);
  });

  test.each(audits.map(({ id, name, fn }) => ({ id, name, fn })))("$id $name.", async ({ fn }) => {
    expect(await fn()).toMatchObject({ status: "ok" });
  });
});

describe("GraphQL over HTTP holds for a caller without a token:", () => {
  const audits = auditsAs(() => ({}));

  test.each(audits.map(({ id, name, fn }) => ({ id, name, fn })))("$id $name.", async ({ fn }) => {
    expect(await fn()).toMatchObject({ status: "ok" });
  });
});
