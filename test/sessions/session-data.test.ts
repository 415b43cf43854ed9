import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { read, save, uuid } from "../support/actions.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

let server: TestServer;
let user: TestUser;
beforeAll(async () => {
  server = await startTestServer();
  user = await server.addUser();
});
afterAll(() => server.close());

async function stored(id: string) {
  const row = await server.prisma.session.findFirstOrThrow({ where: { id }, include: { content: true } });
  return [row.content?.sessionData, row.sessionDataSize];
}
const billed = async () => (await read(server, user.key, `{ viewer { storedBytes } }`)).viewer.storedBytes;

test("Session data is stored, stays where a save has none or an empty one, and is replaced by another.", async () => {
  const id = uuid(1);
  const states: unknown[] = [];
  for (const sessionData of ["first ü", undefined, null, "", "2"]) {
    await save(server, user.key, { id, markdown: "1234", sessionData });
    states.push([...(await stored(id)), await billed()]);
  }

  expect(states).toEqual([
    ["first ü", 8, 12],
    ["first ü", 8, 12],
    ["first ü", 8, 12],
    ["first ü", 8, 12],
    ["2", 1, 5],
  ]);
});

test("A session without session data has none, also where the first save gave an empty one.", async () => {
  await save(server, user.key, { id: uuid(2) });
  await save(server, user.key, { id: uuid(3), sessionData: "" });

  expect([await stored(uuid(2)), await stored(uuid(3))]).toEqual([
    [null, 0],
    [null, 0],
  ]);
});
