import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { bootstrap } from "../../src/commands/bootstrap.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

test("Of several processes that find a database without users at once, one makes the first user and its key.", async () => {
  const keys = await Promise.all([1, 2, 3].map(() => bootstrap(server.services, undefined)));

  expect(keys.filter((key) => key !== null)).toEqual([expect.stringMatching(/^bks_live_/)]);
  const users = await server.services.users.list();
  expect(users.map(({ email }) => email)).toEqual(["owner@backstory.local"]);
  expect(await bootstrap(server.services, undefined)).toBeNull();
});
