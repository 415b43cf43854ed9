import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { mutate, read, save, uuid } from "../support/actions.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer();
  key = (await server.addUser()).key;
});
afterAll(() => server.close());

const saveAt = (id: string, expectedEtag: string | null, markdown: string, projectId = "app") =>
  mutate(server, key, "saveSession", { id, projectId, name: "Edited", markdown, expectedEtag }, "created session { etag }");

test("With the etag that the session has, it is replaced.", async () => {
  const { etag } = await save(server, key, { id: uuid(1) });
  const { payload, errors } = await saveAt(uuid(1), etag, "second");

  expect(errors).toEqual([]);
  expect(payload.created).toBe(false);
});

test("With an older etag it is a CONFLICT that tells the current one, and what is stored stays.", async () => {
  const { etag: old } = await save(server, key, { id: uuid(2), name: "One", markdown: "one" });
  const { etag: current } = await save(server, key, { id: uuid(2), name: "Two", markdown: "two" });

  const { payload, errors } = await saveAt(uuid(2), old, "three");

  expect(payload).toBeNull();
  expect(errors).toMatchObject([{ code: "CONFLICT", reason: "RESOURCE_CONFLICT", status: 409, sessionId: uuid(2), currentEtag: current }]);
  expect(
    await read(server, key, `{ session(id: "${uuid(2)}") { name etag markdownContent } project(id: "app") { sessionCount } }`),
  ).toMatchObject({
    session: { name: "Two", etag: current, markdownContent: "two" },
  });
});

test("A session that is not there has no etag: expecting one is a CONFLICT, and no session and no project is made.", async () => {
  const { errors } = await saveAt(uuid(3), 'W/"abc"', "text", "not made");

  expect(errors).toMatchObject([{ reason: "RESOURCE_CONFLICT", currentEtag: null }]);
  expect((await server.query(key, `{ project(id: "not made") { id } }`)).body.errors[0].extensions.reason).toBe("RESOURCE_NOT_FOUND");
});

test("Expecting nothing replaces whatever is there.", async () => {
  await save(server, key, { id: uuid(4) });

  expect((await saveAt(uuid(4), null, "any")).errors).toEqual([]);
});

test("Of ten writers who expect the same etag exactly one succeeds.", async () => {
  const { etag } = await save(server, key, { id: uuid(5) });
  const all = await Promise.all(Array.from({ length: 10 }, (_, index) => saveAt(uuid(5), etag, `writer ${index}`)));

  expect(all.filter(({ payload }) => payload !== null)).toHaveLength(1);
  expect(all.flatMap(({ errors }) => errors.map(({ reason }) => reason))).toEqual(Array(9).fill("RESOURCE_CONFLICT"));
});
