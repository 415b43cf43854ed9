import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { change, mutate, read, save, uuid } from "../support/actions.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ QUOTA_STORAGE_BYTES: "100" });
});
afterAll(() => server.close());

const store = (key: string, input: object) =>
  mutate(server, key, "saveSession", { projectId: "app", name: "X", markdown: "", ...input }, "created");
const billed = async (key: string) => (await read(server, key, `{ viewer { storedBytes } }`)).viewer.storedBytes;
const REJECTED = [{ code: "RATE_LIMITED", reason: "QUOTA_EXCEEDED", status: 429, retryable: false }];

test("The quota is full to the byte: markdown, raw data and session data count in UTF-8.", async () => {
  const { key } = await server.addUser();
  await save(server, key, { id: uuid(1), markdown: "ü".repeat(20), rawData: "🦕".repeat(5), sessionData: "x".repeat(39) });

  expect(await billed(key)).toBe(99);
  expect((await store(key, { markdown: "xx" })).errors).toMatchObject(REJECTED);
  expect((await store(key, { markdown: "x" })).errors).toEqual([]);
  expect((await store(key, { markdown: "x" })).errors).toMatchObject(REJECTED);
  expect((await store(key, {})).errors).toEqual([]);
  expect(await billed(key)).toBe(100);
});

test("What is rejected leaves nothing behind: no session, no new project, no change.", async () => {
  const { key } = await server.addUser();
  await save(server, key, { id: uuid(1), name: "Kept", markdown: "kept" });

  expect((await store(key, { projectId: "new", markdown: "x".repeat(97) })).errors).toMatchObject(REJECTED);
  expect((await store(key, { id: uuid(1), markdown: "x".repeat(101) })).errors).toMatchObject(REJECTED);
  expect(await read(server, key, `{ projects { id sessionCount } sessions { name markdownContent } viewer { storedBytes } }`)).toEqual({
    projects: [{ id: "app", sessionCount: 1 }],
    sessions: [{ name: "Kept", markdownContent: "kept" }],
    viewer: { storedBytes: 4 },
  });
});

test("A replacement counts the difference only, and a full quota never rejects a smaller one.", async () => {
  const { key } = await server.addUser();
  await save(server, key, { id: uuid(1), markdown: "x".repeat(100) });

  await save(server, key, { id: uuid(1), markdown: "y".repeat(100) });
  await save(server, key, { id: uuid(1), markdown: "y".repeat(60) });
  expect(await billed(key)).toBe(60);
  await save(server, key, { id: uuid(2), markdown: "z".repeat(40) });
  expect((await store(key, { id: uuid(1), markdown: "y".repeat(61) })).errors).toMatchObject(REJECTED);
});

test("Bytes that stay because no session data is given go on counting.", async () => {
  const { key } = await server.addUser();
  await save(server, key, { id: uuid(1), markdown: "12345", sessionData: "x".repeat(90) });
  await save(server, key, { id: uuid(1), markdown: "1234567890" });

  expect(await billed(key)).toBe(100);
  expect((await store(key, { id: uuid(1), markdown: "12345678901" })).errors).toMatchObject(REJECTED);
});

test("Deleting gives the bytes back.", async () => {
  const { key } = await server.addUser();
  await save(server, key, { id: uuid(1), markdown: "x".repeat(70) });
  await save(server, key, { id: uuid(2), markdown: "x".repeat(30) });
  await change(server, key, "deleteSession", { id: uuid(1) }, "id");

  expect(await billed(key)).toBe(30);
  expect((await store(key, { markdown: "x".repeat(71) })).errors).toMatchObject(REJECTED);
  expect((await store(key, { markdown: "x".repeat(70) })).errors).toEqual([]);
});

test("A user who is over a quota that was lowered can replace sessions by no larger ones, and store nothing more.", async () => {
  const { key, id } = await server.addUser();
  await save(server, key, { id: uuid(1), markdown: "x".repeat(50) });
  await server.prisma.user.update({ where: { id }, data: { storedBytes: 500 } });

  expect((await store(key, { id: uuid(1), markdown: "y".repeat(50) })).errors).toEqual([]);
  expect((await store(key, { id: uuid(1), markdown: "y".repeat(49) })).errors).toEqual([]);
  expect((await store(key, { id: uuid(1), markdown: "y".repeat(50) })).errors).toMatchObject(REJECTED);
  expect((await store(key, {})).errors).toEqual([]);
});

test("Saves at the same time never go over the quota, and fill it.", async () => {
  const { key } = await server.addUser();
  const all = await Promise.all(
    Array.from({ length: 30 }, (_, index) => store(key, { projectId: `p${index % 3}`, markdown: "x".repeat(10) })),
  );

  expect(all.filter(({ errors }) => errors.length === 0)).toHaveLength(10);
  expect(await billed(key)).toBe(100);
});
