import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { change, mutate, read, save, uuid } from "../support/actions.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer();
  key = (await server.addUser()).key;
});
afterAll(() => server.close());

const METADATA = {
  clientName: "specstory-cli",
  clientVersion: "1.2.3",
  agentName: "Claude Code",
  deviceId: "device-1",
  machineName: "laptop.local",
  title: "A title",
  gitBranches: ["main", "feature/x"],
  llmModels: ["claude-opus-4-6"],
  tags: ["bug", "ui"],
};

test("A stored session can be read back with all that was given.", async () => {
  const input = {
    id: uuid(1),
    projectId: "made",
    projectName: "Made on the way",
    name: "First",
    markdown: "Grüße 🦕",
    rawData: "{}",
    metadata: METADATA,
  };
  const saved = await save(server, key, input);
  const { session } = await read(
    server,
    key,
    `{ session(id: "${uuid(1)}") { __typename id projectId name markdownContent markdownSize rawDataSize createdAt updatedAt project { id name }
      metadata { clientName clientVersion agentName deviceId machineName title gitBranches llmModels tags } } }`,
  );

  const now = server.clock.now().toISOString();
  expect(saved).toMatchObject({ created: true, id: uuid(1), projectId: "made", createdAt: now, updatedAt: now });
  expect(session).toEqual({
    __typename: "StoredSession",
    id: uuid(1),
    projectId: "made",
    name: "First",
    markdownContent: "Grüße 🦕",
    markdownSize: 12,
    rawDataSize: 2,
    createdAt: now,
    updatedAt: now,
    project: { id: "made", name: "Made on the way" },
    metadata: METADATA,
  });
});

test("A session that is stored again is replaced whole: what is not given is gone, and only its creation is kept.", async () => {
  const first = await save(server, key, {
    id: uuid(2),
    markdown: "long text",
    rawData: "raw",
    metadata: METADATA,
    startedAt: "2026-01-01T00:00:00Z",
  });
  server.clock.advance(5_000);
  const second = await save(server, key, { id: uuid(2), name: "Again", markdown: "short" });

  expect(second).toEqual({
    ...first,
    created: false,
    name: "Again",
    etag: second.etag,
    updatedAt: server.clock.now().toISOString(),
    startedAt: null,
    markdownSize: 5,
    rawDataSize: 0,
    metadata: {
      clientName: null,
      clientVersion: null,
      agentName: null,
      deviceId: null,
      machineName: null,
      title: null,
      gitBranches: [],
      llmModels: [],
      tags: [],
    },
  });
  expect(second.etag).not.toBe(first.etag);
  expect(await read(server, key, `{ session(id: "${uuid(2)}") { markdownContent } }`)).toEqual({ session: { markdownContent: "short" } });
});

test("A session without an id is given a UUID, and a project that is made on the way is named by its id unless it is given a name.", async () => {
  const saved = await save(server, key, { projectId: "unnamed" });

  expect(saved.id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(await read(server, key, `{ project(id: "unnamed") { name } }`)).toEqual({ project: { name: "unnamed" } });
});

test("A project's name is not changed by storing a session into it.", async () => {
  await save(server, key, { projectId: "named", projectName: "Old" });
  await save(server, key, { projectId: "named", projectName: "New" });

  expect(await read(server, key, `{ project(id: "named") { name } }`)).toEqual({ project: { name: "Old" } });
});

test("Session ids are the same in upper and lower case.", async () => {
  const id = "ABCDEF00-0000-4000-8000-00000000ABCD";
  const first = await save(server, key, { id });
  const second = await save(server, key, { id: id.toLowerCase() });

  expect([first.id, second.created]).toEqual([id.toLowerCase(), false]);
  expect(await read(server, key, `{ session(id: "${id}") { id } }`)).toEqual({ session: { id: id.toLowerCase() } });
});

test("Two saves of one session in one operation each show what they stored.", async () => {
  const saving = (alias: string, markdown: string) =>
    `${alias}: saveSession(input: { id: "${uuid(3)}", projectId: "aliases", name: "${alias}", markdown: "${markdown}" }) {
      created session { name markdownContent project { sessionCount sessions { name } } } }`;
  const data = await read(server, key, `mutation { ${saving("one", "1")} ${saving("two", "2")} }`);

  const shown = (name: string, markdownContent: string) => ({ name, markdownContent, project: { sessionCount: 1, sessions: [{ name }] } });
  expect(data).toEqual({ one: { created: true, session: shown("one", "1") }, two: { created: false, session: shown("two", "2") } });
});

test("All bad fields of a session are listed at once.", async () => {
  const input = {
    id: "not-a-uuid",
    projectId: "",
    projectName: " ",
    name: "",
    markdown: "a\ud800",
    rawData: "\udc00",
    startedAt: "2026-01-02T00:00:00Z",
    endedAt: "2026-01-01T00:00:00Z",
    metadata: { clientName: "", tags: ["ok", "x".repeat(256)], gitBranches: ["a\u0000b"] },
  };
  const { payload, errors } = await mutate(server, key, "saveSession", input, "created");

  expect(payload).toBeNull();
  expect(errors).toHaveLength(1);
  expect((errors[0]?.fields as { path: string[] }[]).map(({ path }) => path.join("."))).toEqual([
    "input.id",
    "input.projectId",
    "input.projectName",
    "input.name",
    "input.markdown",
    "input.rawData",
    "input.metadata.clientName",
    "input.metadata.gitBranches.0",
    "input.metadata.tags.1",
    "input.startedAt",
  ]);
});

test("A deleted session is gone, gives its bytes back, and can be stored anew.", async () => {
  const user = await server.addUser();
  const first = await save(server, user.key, { id: uuid(4), markdown: "12345", rawData: "678", sessionData: "90" });
  server.clock.advance(1_000);

  expect(await change(server, user.key, "deleteSession", { id: uuid(4) }, "id")).toEqual({ id: uuid(4) });
  expect((await mutate(server, user.key, "deleteSession", { id: uuid(4) }, "id")).errors).toMatchObject([
    { code: "NOT_FOUND", reason: "RESOURCE_NOT_FOUND", sessionId: uuid(4) },
  ]);
  expect(await read(server, user.key, `{ viewer { storedBytes } sessions { id } }`)).toEqual({ viewer: { storedBytes: 0 }, sessions: [] });
  const second = await save(server, user.key, { id: uuid(4) });
  expect(second.created).toBe(true);
  expect(Date.parse(second.createdAt) - Date.parse(first.createdAt)).toBe(1_000);
});

test.each(["", "a'b", "🦕", "x".repeat(3_000), "00000000-0000-4000-8000-00000000000g"])(
  "A text that is no UUID (%#) is the id of no session: NOT_FOUND.",
  async (id) => {
    const { body } = await server.query(key, `query ($id: ID!) { session(id: $id) { id } }`, { id });

    expect(body.errors[0].extensions).toMatchObject({ reason: "RESOURCE_NOT_FOUND", sessionId: expect.stringContaining(id.slice(0, 200)) });
    expect((await mutate(server, key, "deleteSession", { id }, "id")).errors).toMatchObject([{ reason: "RESOURCE_NOT_FOUND" }]);
  },
);

test("A session id with U+0000 or half a surrogate pair is a VALIDATION_ERROR.", async () => {
  for (const id of ["\u0000", "\ud800"]) {
    const { body } = await server.query(key, `query ($id: ID!) { session(id: $id) { id } }`, { id });
    expect(body.errors[0].extensions).toMatchObject({ code: "VALIDATION_ERROR", fields: [{ path: ["id"] }] });
  }
});
