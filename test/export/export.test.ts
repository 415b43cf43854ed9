import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { READ_AHEAD_BYTES } from "../../src/features/export/whole-session.js";
import { allScopes } from "../../src/core/auth/scopes.js";
import { accept, createProject, invite, mutate, read, save, share, uuid } from "../support/actions.js";
import { askForExport, exportOf, unpack } from "../support/archive.js";
import { longText } from "../support/long-texts.js";
import { failureOf, putBody, restClient } from "../support/rest.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_GRAPHQL: "10000/1h", RATE_LIMIT_REST: "10000/1h" });
});
afterAll(() => server.close());

test("An export has the user, the keys, the devices, the projects and the sessions, with these fields and no others.", async () => {
  const [user, friend] = [await server.addUser("ada@example.com"), await server.addUser("friend@example.com")];
  const now = server.clock.now().toISOString();
  await createProject(server, user.key, { id: "app", name: "The App!", icon: "Bug" });
  await share(server, user.key, "app", friend.email, "EDITOR");
  await invite(server, user.key, { projectId: "app", email: "new@example.com", role: "VIEWER" });
  await createProject(server, friend.key, { id: "theirs", name: "Theirs" });
  await share(server, friend.key, "theirs", user.email, "VIEWER");
  await createProject(server, friend.key, { id: "offered", name: "Offered" });
  await invite(server, friend.key, { projectId: "offered", email: user.email, role: "EDITOR" });
  const metadata = { clientName: "cli", tags: ["a", "b"] };
  await save(server, user.key, { id: uuid(1), name: "First", markdown: "Hello", rawData: "{}", sessionData: '{"a":1}', metadata });
  const { paths, json, text } = await exportOf(server, user.key);

  const folder = "projects/the-app-a172cedcae47474b";
  expect(paths).toEqual([
    "devices.json",
    "keys.json",
    `${folder}/project.json`,
    `${folder}/sessions/${uuid(1)}/conversation.md`,
    `${folder}/sessions/${uuid(1)}/raw-data`,
    `${folder}/sessions/${uuid(1)}/session-data.json`,
    `${folder}/sessions/${uuid(1)}/session.json`,
    "user.json",
  ]);
  const { projects } = (await restClient(server, user.key).get("/projects")).body.data;
  expect(json("user.json")).toEqual({
    id: user.id,
    email: user.email,
    createdAt: now,
    storedBytes: 14,
    exportedAt: now,
    memberships: [{ projectId: "theirs", ownerId: friend.id, projectName: "Theirs", role: "VIEWER", createdAt: now }],
    invitations: [
      {
        id: expect.any(String),
        projectId: "offered",
        projectName: "Offered",
        role: "EDITOR",
        invitedBy: friend.email,
        createdAt: now,
        expiresAt: expect.any(String),
      },
    ],
  });
  expect(json("keys.json")).toEqual({
    keys: [
      {
        id: expect.any(String),
        name: "test",
        scopes: allScopes,
        rateLimit: null,
        createdAt: now,
        expiresAt: null,
        lastUsedAt: now,
        revokedAt: null,
        parentId: null,
      },
    ],
  });
  expect(json("devices.json")).toEqual({ devices: [] });
  const { sessionCount, storedBytes, lastUpdated, ...project } = projects.find(({ id }: { id: string }) => id === "app");
  expect(json(`${folder}/project.json`)).toEqual({
    ...{ ...project, sessionCount, storedBytes, lastActivity: lastUpdated },
    members: [{ userId: friend.id, email: friend.email, role: "EDITOR", createdAt: now }],
    invitations: [{ email: "new@example.com", role: "VIEWER", createdAt: now, expiresAt: expect.any(String) }],
  });
  const answer = await restClient(server, user.key).get(`/projects/app/sessions/${uuid(1)}`);
  const { markdownContent, ...session } = answer.body.data.session;
  delete session.project;
  expect(json(`${folder}/sessions/${uuid(1)}/session.json`)).toEqual(session);
  expect(text(`${folder}/sessions/${uuid(1)}/conversation.md`)).toBe(markdownContent);
  expect(text(`${folder}/sessions/${uuid(1)}/session-data.json`)).toBe('{"a":1}');
});

test.each([
  ["control characters", "a\u0000b\u0001c\u0001\u00010\u001b[31m\u007f"],
  ["a byte order mark", "\uFEFFmark \uFEFF in the middle"],
  ["line ends", "a\r\nb\rc\n\n"],
  ["characters of every length", "ü € 🦕 \u2028 e\u0301"],
  ["nothing", ""],
  ["a long text with characters across its parts", longText("🦕")],
  ["a long text of U+0000", `\uFEFF${"\u0000x".repeat(700_000)}`],
])("Texts come byte for byte: %s.", async (_what, content) => {
  const { key } = await server.addUser();
  const path = `/projects/app/sessions/${uuid(1)}`;
  await restClient(server, key).put(path, putBody({ markdown: content, rawData: content, sessionData: content }));
  const { bytes, folderOf } = await exportOf(server, key);

  const names = ["conversation.md", "raw-data", ...(content === "" ? [] : ["session-data.json"])];
  for (const name of names) {
    expect(bytes(`${folderOf("app")}/sessions/${uuid(1)}/${name}`)?.equals(Buffer.from(content))).toBe(true);
  }
});

test("A session of more bytes than are read ahead comes whole, all three texts.", async () => {
  const { key } = await server.addUser();
  const texts = ["m", "ü", "🦕"].map((letter) => letter.repeat(Math.ceil(READ_AHEAD_BYTES / 1.5 / Buffer.byteLength(letter))));
  const [markdown, rawData, sessionData] = texts;
  await restClient(server, key).put(`/projects/app/sessions/${uuid(1)}`, putBody({ markdown, rawData, sessionData }));
  const { bytes, folderOf } = await exportOf(server, key);
  const folder = `${folderOf("app")}/sessions/${uuid(1)}`;

  const found = ["conversation.md", "raw-data", "session-data.json"].map((name) => bytes(`${folder}/${name}`));
  expect(found.map((content, index) => content?.equals(Buffer.from(String(texts[index]))))).toEqual([true, true, true]);
});

test("More sessions, projects, memberships and keys than are read at once come all, each once.", async () => {
  const [user, friend] = [await server.addUser(), await server.addUser()];
  await createProject(server, user.key, { id: "many" });
  await server.prisma.$executeRaw`
    WITH s AS (
      INSERT INTO "Session" ("projectKey", "ownerId", "id", "name", "etag", "markdownSize", "markdownJsonSize", "rawDataSize", "sessionDataSize",
        "createdAt", "updatedAt", "gitBranches", "llmModels", "tags", "keywords")
      SELECT p."key", p."ownerId", gen_random_uuid(), 'n', 'e', 1, 3, 0, 0, timestamptz '2026-01-01' + (n % 7) * interval '1 ms', now(), '{}', '{}', '{}', '{}'
      FROM "Project" p, generate_series(1, 501) n WHERE p."id" = 'many' AND p."ownerId" = ${user.id}::uuid RETURNING "key")
    INSERT INTO "SessionContent" ("sessionKey", "markdown", "rawData") SELECT "key", 'x', '' FROM s`;
  await server.prisma
    .$executeRaw`INSERT INTO "Project" ("ownerId", "id", "name") SELECT o::uuid, 'p' || n, 'Name' FROM generate_series(1, 401) n,
    unnest(ARRAY[${user.id}, ${friend.id}]) o`;
  await server.prisma.$executeRaw`INSERT INTO "ProjectMember" ("projectKey", "userId", "role")
    SELECT "key", ${user.id}::uuid, 'VIEWER' FROM "Project" WHERE "ownerId" = ${friend.id}::uuid`;
  await server.prisma.$executeRaw`INSERT INTO "ApiKey" ("id", "userId", "name", "hash", "scopes", "kind")
    SELECT gen_random_uuid(), ${user.id}::uuid, 'n', ${user.id} || n, '{}', CASE WHEN n % 2 = 0 THEN 'DEVICE' ELSE 'API_KEY' END::"ApiKeyKind"
    FROM generate_series(1, 402) n`;
  const { paths, json } = await exportOf(server, user.key);

  const count = (end: string) => paths.filter((path) => path.endsWith(end)).length;
  expect([count("/session.json"), count("/conversation.md"), count("/project.json")]).toEqual([501, 501, 402]);
  expect(json("user.json").memberships).toHaveLength(401);
  expect([json("keys.json").keys.length, json("devices.json").devices.length]).toEqual([202, 201]);
});

test("What belongs to others does not appear: neither projects that are shared nor other users' with the same ids, and no secrets.", async () => {
  const [user, other] = [await server.addUser(), await server.addUser()];
  await save(server, user.key, { id: uuid(1), projectId: "same", markdown: "mine" });
  await save(server, other.key, { id: uuid(1), projectId: "same", markdown: "foreign" });
  await save(server, other.key, { id: uuid(2), projectId: "shared", markdown: "foreign" });
  await accept(server, user.key, await invite(server, other.key, { projectId: "shared", email: user.email, role: "EDITOR" }));
  await save(server, user.key, { id: uuid(3), projectId: "shared", markdown: "foreign" });
  const answer = await askForExport(server, user.key);
  const files = await unpack(new Uint8Array(await answer.arrayBuffer()));
  const everything = [...files].map(([path, content]) => path + content.toString()).join("\n");

  expect([...files.keys()].filter((path) => path.endsWith(".md"))).toHaveLength(1);
  expect(everything).toContain("mine");
  expect(everything).not.toContain("foreign");
  const { hash } = await server.prisma.apiKey.findFirstOrThrow({ where: { userId: user.id } });
  expect(everything).not.toContain(hash);
  expect(everything).not.toContain(user.key);
});

test("A user without anything has an export too.", async () => {
  const { key } = await server.addUser();
  expect((await exportOf(server, key)).paths).toEqual(["devices.json", "keys.json", "user.json"]);
});

test("The names in the archive are safe and unique whatever projects are called, also where A and a are one file.", async () => {
  const { key } = await server.addUser();
  const hostile = ["../../etc/passwd", "/absolute", "a\\..\\b", "CON", "nul.txt", ".", "..", "-rf", "ü", "🦕", "x".repeat(255), "a:b"];
  const ids = [...hostile, "app", "App", "APP", "a/pp", "ａｐｐ"];
  for (const id of ids) await createProject(server, key, { id, name: id });
  for (const id of ids) await mutate(server, key, "saveSession", { projectId: id, name: "../x", markdown: id }, "created");
  const { paths, json, text } = await exportOf(server, key);

  const projects = paths.filter((path) => path.endsWith("/project.json"));
  expect(projects.map((path) => json(path).id).sort()).toEqual([...ids].sort());
  expect(new Set(projects.map((path) => path.toLowerCase())).size).toBe(ids.length);
  for (const path of paths) expect(path).toMatch(/^(?:[a-z0-9][a-z0-9-]{0,60}\/){0,4}[a-z][a-z-]{0,20}(?:\.json|\.md)?$/);
  const contents = paths.filter((path) => path.endsWith(".md")).map((path) => text(path));
  expect(contents.sort()).toEqual([...ids].sort());
});

test.each(["projects:read", "sessions:read", "keys:manage"] as const)(
  "It shows everything, so a key without %s is rejected.",
  async (missing) => {
    const user = await server.addUser();
    const key = await server.addKey(user, allScopes.filter((scope) => scope !== missing)); // prettier-ignore
    const failure = failureOf(await restClient(server, key).get("/export"));
    expect(failure).toMatchObject({ http: 403, code: "INSUFFICIENT_SCOPE", requiredScope: missing });
  },
);

test("It is an attachment that nobody else may cache, HEAD has no body, and an unknown key gets nothing.", async () => {
  const { key } = await server.addUser();
  const client = restClient(server, key);
  const { status, headers, body } = await client.head("/export");
  expect([status, headers.get("content-type"), body]).toEqual([200, "application/gzip", ""]);
  expect(headers.get("content-disposition")).toBe('attachment; filename="backstory-export.tar.gz"');
  expect(headers.get("cache-control")).toBe("private, no-cache");
  expect((await client.get("/export")).status).toBe(200);
  expect((await restClient(server, null).get("/export")).status).toBe(401);
  expect((await restClient(server, "bks_live_wrong").get("/export")).status).toBe(401);
  expect((await client.post("/export", {})).status).toBe(405);
});

test("An export is one request of the key's budget.", async () => {
  const { key } = await server.addUser(undefined, undefined, "2/1h");
  const statuses: number[] = [];
  for (let count = 0; count < 3; count += 1) statuses.push((await restClient(server, key).get("/export")).status);
  expect(statuses).toEqual([200, 200, 429]);
});

test("What is asked for while sessions are stored and deleted is whole: each session has the texts of its metadata.", async () => {
  const { key } = await server.addUser();
  const client = restClient(server, key);
  const store = (number: number, version: number) => {
    const text = String(version).repeat(number === 1 ? 1_100_000 : 500);
    return client.put(`/projects/app/sessions/${uuid(number)}`, putBody({ name: String(version), markdown: text, rawData: text }));
  };
  for (const number of [1, 2, 3, 4]) await store(number, 0);
  const changes = Promise.all([1, 2, 3].map(async (number) => {
    for (let version = 1; version < 6; version += 1) await store(number, version);
  })); // prettier-ignore
  const removal = client.delete(`/projects/app/sessions/${uuid(4)}`);
  const { paths, json, text } = await exportOf(server, key);
  await Promise.all([changes, removal]);

  const sessions = paths.filter((path) => path.endsWith("/session.json"));
  expect(sessions.length).toBeGreaterThanOrEqual(3);
  for (const path of sessions) {
    const folder = path.slice(0, -"session.json".length);
    const texts = ["conversation.md", "raw-data"].map((name) => [...new Set(text(folder + name))].join(""));
    expect(texts).toEqual([json(path).name, json(path).name]);
  }
  expect((await read(server, key, "{ viewer { id } }")).viewer).not.toBeNull();
});
