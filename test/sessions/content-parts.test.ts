import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { change, mutate, read, save, share, uuid } from "../support/actions.js";
import { countParts, longText, PARTS } from "../support/long-texts.js";
import { restClient } from "../support/rest.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

const LONG = longText("🦕");
const LONGER = longText("\r\n");
const NONE = { parts: 0, staged: 0 };
const HOUR_MS = 3_600_000;
const onPostgres = process.env.TEST_DATABASE_URL === undefined ? test.skip : test;

let server: TestServer;
let user: TestUser;
beforeAll(async () => {
  server = await startTestServer({
    QUOTA_STORAGE_BYTES: "7000000",
    RATE_LIMIT_GRAPHQL: "100000/1h",
    OPERATION_TIMEOUT_MS: "120000",
    DATABASE_TIMEOUT_MS: "120000",
  });
});
beforeEach(async () => {
  user = await server.addUser();
});
afterAll(() => server.close());

const contentOf = async (id: string) =>
  (await read(server, user.key, `{ session(id: "${id}") { markdownContent } }`)).session.markdownContent;
const dataOf = async (id: string) => {
  const { get } = restClient(server, user.key);
  const { status, body } = await get(`/projects/app/sessions/${id}`, { accept: "application/vnd.specstory.session-data+json" });
  return status === 200 ? body : null;
};
const failureOf = async (key: string, input: object) => {
  const whole = { projectId: "app", name: "X", markdown: LONG, ...input };
  return (await mutate(server, key, "saveSession", whole, "created")).errors.map(({ reason }) => reason);
};
const stagesOf = (statements: readonly string[]) => statements.filter((sql) => sql.includes('INSERT INTO "SessionContentPart"'));

test("A long text takes the place of a short one, and a short one that of a long one, of which no part stays.", async () => {
  await save(server, user.key, { id: uuid(1), markdown: "short" });
  await save(server, user.key, { id: uuid(1), markdown: LONG, rawData: LONG });
  expect((await contentOf(uuid(1))) === LONG).toBe(true);
  const { parts } = await countParts(server, user);
  await save(server, user.key, { id: uuid(1), markdown: LONGER });

  expect((await contentOf(uuid(1))) === LONGER).toBe(true);
  expect([parts, await countParts(server, user)]).toEqual([2 * PARTS, { parts: PARTS, staged: 0 }]);
  await save(server, user.key, { id: uuid(1), markdown: "short again" });
  expect([await contentOf(uuid(1)), await countParts(server, user)]).toEqual(["short again", NONE]);
});

test("Long session data stays with its parts if none is given, and goes with them if other data is.", async () => {
  const data = JSON.stringify(LONG);
  await save(server, user.key, { id: uuid(1), markdown: LONG, sessionData: data });
  await save(server, user.key, { id: uuid(1), markdown: "short" });
  expect((await dataOf(uuid(1))) === LONG).toBe(true);
  await save(server, user.key, { id: uuid(1), markdown: LONGER });

  expect((await dataOf(uuid(1))) === LONG).toBe(true);
  expect((await contentOf(uuid(1))) === LONGER).toBe(true);
  await save(server, user.key, { id: uuid(1), markdown: "short", sessionData: "{}" });
  expect([await dataOf(uuid(1)), await countParts(server, user)]).toEqual([{}, NONE]);
});

test("Saves of several long versions at once leave one of them, whole, and its parts only.", async () => {
  const versions = Array.from({ length: 3 }, (_, index) => longText(`${index}🦕`));
  await Promise.all(versions.map((markdown) => save(server, user.key, { id: uuid(1), markdown, rawData: markdown })));
  const content = await contentOf(uuid(1));

  expect(versions.filter((version) => version === content)).toHaveLength(1);
  expect(await countParts(server, user)).toEqual({ parts: 2 * PARTS, staged: 0 });
});

test("A save that fails for a reason known beforehand stages nothing.", async () => {
  const viewer = await server.addUser();
  await save(server, user.key, { id: uuid(1) });
  await save(server, user.key, { id: uuid(2), projectId: "other" });
  await share(server, user.key, "app", viewer.email, "VIEWER");
  const huge = { markdown: LONG.repeat(4) };

  const statements = await server.statementsOf(async () => {
    expect(await failureOf(viewer.key, {})).toEqual(["ACCESS_DENIED"]);
    expect(await failureOf(user.key, { id: uuid(1), expectedEtag: 'W/"old"' })).toEqual(["RESOURCE_CONFLICT"]);
    expect(await failureOf(user.key, { expectedEtag: 'W/"old"' })).toEqual(["RESOURCE_CONFLICT"]);
    expect(await failureOf(user.key, { projectId: "new", id: uuid(2) })).toEqual(["RESOURCE_CONFLICT"]);
    expect(await failureOf(user.key, { id: uuid(2) })).toEqual(["RESOURCE_CONFLICT"]);
    expect(await failureOf(user.key, huge)).toEqual(["QUOTA_EXCEEDED"]);
    expect(await failureOf(user.key, { ...huge, projectId: "new" })).toEqual(["QUOTA_EXCEEDED"]);
  });

  expect([stagesOf(statements), await countParts(server, user)]).toEqual([[], NONE]);
});

test("A save that fails only when the project is locked leaves no part behind.", async () => {
  const { etag } = await save(server, user.key, { id: uuid(1) });
  const racing = Array.from({ length: 3 }, (_, index) => ({ id: uuid(1), markdown: longText(`${index}🦕`), expectedEtag: etag }));
  const failures = (await Promise.all(racing.map((input) => failureOf(user.key, input)))).flat();

  expect(failures).toEqual(["RESOURCE_CONFLICT", "RESOURCE_CONFLICT"]);
  expect(await countParts(server, user)).toEqual({ parts: PARTS, staged: 0 });
});

test("Saves at once fill the quota only, and those over it leave no part behind.", async () => {
  const markdown = LONG;
  const racing = Array.from({ length: 4 }, () => failureOf(user.key, { markdown }));
  const failures = (await Promise.all(racing)).flat();
  const { storedBytes } = (await read(server, user.key, `{ viewer { storedBytes } }`)).viewer;

  expect(failures).toEqual(["QUOTA_EXCEEDED"]);
  expect(storedBytes).toBe(3 * Buffer.byteLength(markdown));
  expect((await countParts(server, user)).staged).toBe(0);
});

test("Deleting a session, or its project, deletes the parts and gives the bytes back.", async () => {
  await save(server, user.key, { id: uuid(1), markdown: LONG, sessionData: LONG });
  await save(server, user.key, { id: uuid(2), markdown: LONG });
  await change(server, user.key, "deleteSession", { id: uuid(1) }, "id");
  expect(await countParts(server, user)).toEqual({ parts: PARTS, staged: 0 });
  await change(server, user.key, "deleteProject", { id: "app" }, "deletedAt");

  expect(await countParts(server, user)).toEqual(NONE);
  expect((await read(server, user.key, `{ viewer { storedBytes } }`)).viewer.storedBytes).toBe(0);
});

test("The next long save deletes parts that a process left behind an hour ago, and no younger ones.", async () => {
  const leave = (uploadId: string, stagedAt: Date) =>
    server.sql({
      text: `INSERT INTO "SessionContentPart" ("uploadId", "content", "index", "text", "stagedAt") VALUES ($1::uuid, 'markdown', 0, 'left', $2)`,
      values: [uploadId, stagedAt],
    });
  const now = server.clock.now().getTime();
  await leave(uuid(8), new Date(now - HOUR_MS - 1));
  await leave(uuid(9), new Date(now - HOUR_MS));
  await save(server, user.key, { id: uuid(1), markdown: LONG });

  expect(await countParts(server, user)).toEqual({ parts: PARTS, staged: 1 });
  server.clock.advance(1);
  await save(server, user.key, { id: uuid(1), markdown: LONGER });
  expect(await countParts(server, user)).toEqual({ parts: PARTS, staged: 0 });
});

test("A short session is stored and read by one statement each.", async () => {
  await save(server, user.key, { id: uuid(1) });
  const saves = await server.statementsOf(() => failureOf(user.key, { id: uuid(1), markdown: "short" }));
  const reads = await server.statementsOf(() => contentOf(uuid(1)));

  expect([saves.length, reads.length]).toEqual([1, 1]);
});

test("While a long session is stored, the statements of other callers come in between.", async () => {
  const other = await server.addUser();
  const statements = await server.statementsOf(async () => {
    const progress = { isDone: false };
    const saving = save(server, user.key, { id: uuid(1), markdown: LONGER, rawData: LONGER }).finally(() => (progress.isDone = true));
    while (!progress.isDone) await read(server, other.key, "{ projects { id } }");
    await saving;
  });
  const kinds = statements.map((sql) => (sql.includes('INSERT INTO "SessionContentPart"') ? "stage" : "other"));

  expect(kinds.slice(kinds.indexOf("stage"), kinds.lastIndexOf("stage"))).toContain("other");
});

onPostgres(
  "A long save that waits for its project has stored its parts already, and keeps nobody waiting (needs TEST_DATABASE_URL).",
  async () => {
    const other = await server.addUser();
    await save(server, user.key, { id: uuid(1) });
    const locks = () => server.prisma.$queryRaw<object[]>`
    SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    const saving = await server.prisma.$transaction(
      async (transaction) => {
        await transaction.$queryRaw`SELECT 1 FROM "Project" WHERE "ownerId" = ${user.id}::uuid FOR UPDATE`;
        const save = failureOf(user.key, { id: uuid(1), markdown: LONGER });
        while ((await locks()).length === 0);
        expect(await countParts(server, user)).toEqual({ parts: 0, staged: PARTS });
        expect((await read(server, other.key, "{ viewer { id } }")).viewer.id).toBe(other.id);
        expect(await contentOf(uuid(1))).toBe("Hello");
        return { save };
      },
      { timeout: 60_000 },
    );

    expect(await saving.save).toEqual([]);
    expect(await countParts(server, user)).toEqual({ parts: PARTS, staged: 0 });
  },
);
