import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { allScopes } from "../../src/core/auth/scopes.js";
import { save } from "../support/actions.js";
import { failureOf } from "../support/rest.js";
import { CLIENT, startTestServer, type TestServer, type TestUser } from "../support/server.js";

let server: TestServer;
let admin: TestUser;
beforeEach(async () => {
  server = await startTestServer();
  admin = await server.addUser();
});
afterEach(() => server.close());

const PATH = "/api/v1/admin/backup";

function ask(key: string): Promise<Response> {
  return server.fetch(new Request(`http://backstory.test${PATH}`, { method: "POST", headers: { authorization: `Bearer ${key}` } }), CLIENT);
}

const failure = async (headers: Record<string, string>) => failureOf(await server.send(PATH, { method: "POST", headers }));

test("The whole backup is streamed as a file that nobody keeps, to a key of the scope admin.", async () => {
  await save(server, admin.key, { markdown: "in the backup" });
  const answer = await ask(await server.addKey(admin, ["admin"]));
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe("application/gzip");
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(answer.headers.get("content-disposition")).toBe('attachment; filename="backstory.backup.gz"');
  const text = gunzipSync(Buffer.from(await answer.arrayBuffer())).toString();
  expect(text).toContain("in the backup");
  expect(text.trimEnd().split("\n").at(-1)).toMatch(/^\["end",\{"rows":\d+,"sha256":"[0-9a-f]{64}"\}\]$/);
});

test("All other scopes together, a wrong key, and no key get no byte of it.", async () => {
  const scopes = allScopes.filter((scope) => scope !== "admin");
  const authorization = `Bearer ${await server.addKey(admin, scopes)}`;
  expect(await failure({ authorization })).toMatchObject({ http: 403, code: "INSUFFICIENT_SCOPE", requiredScope: "admin" });
  expect(await failure({ authorization: "Bearer wrong" })).toMatchObject({ http: 401, code: "INVALID_TOKEN" });
  expect(await failure({})).toMatchObject({ http: 401, code: "MISSING_TOKEN" });
  expect((await server.send(PATH, { headers: { authorization: `Bearer ${admin.key}` } })).status).toBe(405);
});

test("One backup is made at a time: another is told to come back, and succeeds when the first was taken or given up.", async () => {
  const first = await ask(admin.key);
  const busy = await failure({ authorization: `Bearer ${admin.key}` });
  expect(busy).toMatchObject({ http: 409, code: "RESOURCE_CONFLICT", message: "Another backup is being made: wait for its end" });
  await first.body?.cancel();

  const second = await ask(admin.key);
  expect(second.status).toBe(200);
  await second.arrayBuffer();
  expect((await ask(admin.key)).status).toBe(200);
});

test("A backup that fails on its way is cut off, so that nobody takes it for a whole one, and the failure is logged.", async () => {
  await save(server, admin.key, { markdown: "x" });
  const { body } = await ask(admin.key);
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  await server.loseDatabase();
  await expect(
    (async () => {
      while (!(await reader.read()).done);
    })(),
  ).rejects.toThrow();
  expect(server.takeLog().length).toBeGreaterThan(0);
});
