import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createProject, read, save, share, uuid } from "../support/actions.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

let server: TestServer;
let user: TestUser;
beforeAll(async () => {
  server = await startTestServer();
  user = await server.addUser();
});
afterAll(() => server.close());

type Related = { id: string; similarity: number };
const relatedTo = async (key: string, id: string, limit = 5): Promise<Related[]> =>
  (await read(server, key, `{ session(id: "${id}") { relatedSessions(limit: ${limit}) { id similarity } } }`)).session.relatedSessions;

const twice = (words: string) => `${words} ${words}`;

test("Sessions about the same things are related, the most similar first, never the session itself, in whatever project they are.", async () => {
  const { key } = await server.addUser();
  await save(server, key, { id: uuid(1), name: "Begin", markdown: twice("checkout payment refund invoice") });
  await save(server, key, { id: uuid(2), name: "Half", markdown: twice("checkout payment giraffe elephant") });
  await save(server, key, { id: uuid(3), name: "Same", projectId: "elsewhere", markdown: twice("checkout payment refund invoice") });
  await save(server, key, { id: uuid(4), name: "Other", markdown: twice("giraffe elephant") });
  const related = await relatedTo(key, uuid(1));

  expect(related.map(({ id }) => id)).toEqual([uuid(3), uuid(2)]);
  expect(related.every(({ similarity }) => similarity > 0 && similarity <= 1)).toBe(true);
  expect(related[0]?.similarity).toBeGreaterThan(related[1]?.similarity ?? 1);
  expect(await relatedTo(key, uuid(1), 1)).toEqual(related.slice(0, 1));
});

test("Sessions with equal typical words, tags and branches have the similarity 1, and common tags alone also relate two.", async () => {
  const { key } = await server.addUser();
  const same = {
    name: "Checkout",
    markdown: twice("checkout payment"),
    metadata: { tags: ["payment", "shop"], gitBranches: ["feature/pay"] },
  };
  await save(server, key, { id: uuid(1), ...same });
  await save(server, key, { id: uuid(2), ...same });
  await save(server, key, { id: uuid(3), name: "Tagged", markdown: "", metadata: { tags: ["shop"] } });
  const related = await relatedTo(key, uuid(1));

  expect(related).toMatchObject([{ id: uuid(2), similarity: 1 }, { id: uuid(3) }]);
  expect(related[1]?.similarity).toBeLessThan(0.5);
});

test("A session without typical words has none related, and one that is replaced or deleted is related by what it has now.", async () => {
  const { key } = await server.addUser();
  const text = twice("zebra crossing");
  await save(server, key, { id: uuid(1), name: "A", markdown: text });
  await save(server, key, { id: uuid(2), name: "B", markdown: text });
  await save(server, key, { id: uuid(3), name: "C", markdown: "" });
  const before = await relatedTo(key, uuid(1));
  await save(server, key, { id: uuid(2), name: "B", markdown: "something else entirely" });

  expect(await relatedTo(key, uuid(3))).toEqual([]);
  expect(before.map(({ id }) => id)).toEqual([uuid(2)]);
  expect(await relatedTo(key, uuid(1))).toEqual([]);
});

test("Related are sessions of shared projects too, and never those of others.", async () => {
  const owner = await server.addUser();
  const text = twice("walrus iceberg");
  await save(server, user.key, { id: uuid(1), markdown: text });
  await createProject(server, owner.key, { id: "shared" });
  await save(server, owner.key, { id: uuid(2), projectId: "shared", markdown: text });
  await save(server, owner.key, { id: uuid(3), projectId: "hidden", markdown: text });
  const before = await relatedTo(user.key, uuid(1));
  await share(server, owner.key, "shared", user.email, "VIEWER");

  expect(before).toEqual([]);
  expect((await relatedTo(user.key, uuid(1))).map(({ id }) => id)).toEqual([uuid(2)]);
  expect((await relatedTo(user.key, uuid(2))).map(({ id }) => id)).toEqual([uuid(1)]);
});
