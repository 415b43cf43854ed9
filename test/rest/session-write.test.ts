import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { decodeContent } from "../../src/features/sessions/content-codec.js";
import { share, uuid } from "../support/actions.js";
import { askForBytes, badFieldsOf, failureOf, putBody, restClient, stateOf, type RestClient } from "../support/rest.js";
import { startTestServer, type Answer, type TestServer, type TestUser } from "../support/server.js";

const MARKDOWN = "text/markdown";
const DATA = "application/vnd.specstory.session-data+json";
const WORDS = ["clientName", "clientVersion", "agentName", "deviceId", "machineName", "title"];
const NASTY = '\uFEFF\u0000\u0001\u00010 \u0001\u00011\r\n\r\u2028\u001b[31m"\\é漢🦕\u{10ffff}\u0000';
const [EARLY, LATE] = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00.000Z"];

let server: TestServer;
let user: TestUser;
let client: RestClient;
beforeAll(async () => {
  server = await startTestServer();
});
beforeEach(async () => {
  user = await server.addUser();
  client = restClient(server, user.key);
});
afterAll(() => server.close());

const at = (number: number, projectId = "app") => `/projects/${projectId}/sessions/${uuid(number)}`;
const PATH = at(1);
const now = () => server.clock.now().toISOString();
const put = (body: object = {}, path = PATH, by = client) => by.put(path, putBody({ ...body }));
const rejection = async (answer: Promise<Answer>) => failureOf(await answer);
const sessionAt = async (path: string) => (await client.get(path)).body.data.session;
const textAt = async (path: string, accept: string, by = client) => (await by.get(path, { accept })).body;

const NOTHING = { projects: [], sessions: [] };

async function addMember(role: "VIEWER" | "EDITOR"): Promise<RestClient> {
  const member = await server.addUser();
  await share(server, user.key, "app", member.email, role);
  return restClient(server, member.key);
}

test("The first PUT creates the session with its project: 201. The next one replaces it: 200, with the time of the first.", async () => {
  const made = now();
  const first = await put({ projectName: "The app", name: "First" });
  const created = await client.get(PATH);
  server.clock.advance(1_000);
  const second = await put({ projectName: "Renamed", name: "Second" });
  const replaced = await client.get(PATH);

  const body = { success: true, data: { sessionId: uuid(1), projectId: "app", createdAt: made } };
  expect([first.status, first.body, second.status, second.body]).toEqual([201, body, 200, body]);
  expect([first, second].map(({ headers }) => headers.get("etag"))).toEqual([created, replaced].map(({ headers }) => headers.get("etag")));
  expect(first.headers.get("etag")).toMatch(/^W\/".+"$/);
  expect(created.body.data.session).toMatchObject({ name: "First", createdAt: made, updatedAt: made });
  expect(replaced.body.data.session).toMatchObject({ name: "Second", createdAt: made, updatedAt: now() });
  expect((await stateOf(client)).projects).toMatchObject([{ id: "app", ownerId: user.id, name: "The app", sessionCount: 1 }]);
});

const TEXTS = [[`m${NASTY}`, `r${NASTY}`, `s${NASTY}`], [NASTY, NASTY, NASTY], ["", "", " "]] as const; // prettier-ignore

test.each(TEXTS)("Markdown, raw data and session data are stored byte for byte, also over others: %j %j %j.", async (...texts) => {
  const [markdown, rawData, sessionData] = texts;
  await put({ markdown: "before", rawData: "before", sessionData: "before" });
  await put({ markdown, rawData, sessionData });
  const { markdownContent, markdownSize, rawDataSize, sessionDataSize } = await sessionAt(PATH);
  const { content } = await server.prisma.session.findFirstOrThrow({ where: { ownerId: user.id }, include: { content: true } });
  const read = async (accept: string) => (await askForBytes(server, user.key, "GET", PATH, accept)).bytes.toString();

  expect([markdownContent, await read(MARKDOWN), await read(DATA)]).toEqual([markdown, markdown, sessionData]);
  expect(decodeContent(content?.rawData ?? "")).toBe(rawData); // no route gives it back
  expect([markdownSize, rawDataSize, sessionDataSize]).toEqual(texts.map((text) => Buffer.byteLength(text)));
});

test("Without session data, or with an empty one, the stored one stays; all else is replaced whole.", async () => {
  await put({ sessionData: '{"turns":[1]}', rawData: "raw", metadata: { tags: ["a"] }, startedAt: EARLY });
  const replaced = { markdownContent: "new", sessionDataSize: 13, rawDataSize: 0, startedAt: null, metadata: { tags: [] } };
  for (const sessionData of [undefined, "", null]) {
    await put({ sessionData, markdown: "new" });
    expect(await sessionAt(PATH)).toMatchObject(replaced);
    expect(await textAt(PATH, DATA)).toEqual({ turns: [1] });
  }
  await put({ sessionData: "[]" });
  await put({ sessionData: "" }, at(2));

  expect(await textAt(PATH, DATA)).toEqual([]);
  expect(await rejection(client.get(at(2), { accept: DATA }))).toMatchObject({ http: 404, code: "RESOURCE_NOT_FOUND" });
});

test("Fields that are not known are ignored, at every depth.", async () => {
  const { etag } = await put({ metadata: { title: "T" } }).then(() => sessionAt(PATH));
  const { status } = await put({ id: uuid(9), ownerId: uuid(9), createdAt: 1, metadata: { title: "T", colour: { deep: [1] } } });

  expect([status, await sessionAt(PATH)]).toMatchObject([200, { id: uuid(1), createdAt: now(), etag }]);
});

test.each(WORDS)("An empty %s in the metadata counts as absent, as null does.", async (name) => {
  const known = Object.fromEntries(WORDS.map((word) => [word, "known"]));
  const etags: unknown[] = [];
  for (const value of ["", null, undefined]) {
    etags.push((await put({ metadata: { ...known, [name]: value } })).headers.get("etag"));
    expect((await sessionAt(PATH)).metadata).toMatchObject({ ...known, [name]: null });
  }

  expect(new Set(etags).size).toBe(1);
});

test("Every field that is missing is named at once, and nothing is stored.", async () => {
  const failure = await rejection(client.put(PATH, {}));

  const missing = (name: string) => ({ path: [name], reason: "MISSING_REQUIRED_FIELD", message: `${name} is required` });
  const fields = ["projectName", "name", "markdown", "rawData"].map(missing);
  expect(failure).toMatchObject({ http: 400, code: "MISSING_REQUIRED_FIELD", fields });
  expect(await stateOf(client)).toEqual(NOTHING);
});

test("Every value of a wrong type is named at once, with what it should be, and nothing is stored.", async () => {
  const texts = ["projectId", "projectName", "name", "markdown", "rawData", "sessionData", "startedAt", "endedAt", "expectedEtag"];
  const metadata = { ...Object.fromEntries(WORDS.map((word) => [word, 5])), gitBranches: ["ok", 7], tags: "no list" };
  const failure = await rejection(client.put(PATH, { ...Object.fromEntries(texts.map((name) => [name, 5])), metadata }));
  const fields = failure.fields as { reason: string; message: string }[];

  const ofMetadata = [...WORDS, "gitBranches.1", "tags"].map((name) => `metadata.${name}`);
  expect(badFieldsOf(failure).sort()).toEqual([...texts, ...ofMetadata].sort());
  expect([failure.http, failure.code]).toEqual([400, "INVALID_FORMAT"]);
  expect(fields.filter(({ reason, message }) => reason !== "INVALID_FORMAT" || message.endsWith("Invalid input"))).toEqual([]);
  expect(await stateOf(client)).toEqual(NOTHING);
});

test("Every value that is not allowed is named at once, beside those that are missing and the id in the path.", async () => {
  const metadata = { deviceId: "x".repeat(256), tags: ["ok", ""] };
  const body = { projectName: " ", name: "", markdown: "\ud800", metadata, startedAt: "yesterday" };
  const failure = await rejection(client.put("/projects/app/sessions/no-uuid", body));

  const names = ["sessionId", "projectName", "name", "markdown", "rawData", "metadata.deviceId", "metadata.tags.1", "startedAt"];
  expect(badFieldsOf(failure).sort()).toEqual(names.sort());
  const noUuid = { http: 400, code: "INVALID_PARAMETER", fields: [{ path: ["sessionId"], message: "sessionId: must be a UUID" }] };
  expect(await rejection(put({}, "/projects/app/sessions/no-uuid"))).toMatchObject(noUuid);
  expect(await stateOf(client)).toEqual(NOTHING);
});

test("What is well-formed but senseless is 422: a start after the end, and another project than that of the path.", async () => {
  const times = await rejection(put({ startedAt: LATE, endedAt: EARLY }));
  const project = await rejection(put({ projectId: "other" }));
  const mixed = await rejection(put({ startedAt: LATE, endedAt: EARLY, name: "" }));

  expect([times.http, times.code, badFieldsOf(times)]).toEqual([422, "INVALID_PARAMETER", ["startedAt"]]);
  expect([project.http, project.code, badFieldsOf(project)]).toEqual([422, "INVALID_PARAMETER", ["projectId"]]);
  expect([mixed.http, badFieldsOf(mixed)]).toEqual([400, ["name", "startedAt"]]);
  expect(await stateOf(client)).toEqual(NOTHING);
  const sensible = [{ startedAt: LATE, endedAt: LATE }, { projectId: "app" }, { projectId: null }];
  for (const body of sensible) expect((await put(body)).status).toBeLessThan(300);
});

test("A session id that lives in another project of the owner is RESOURCE_CONFLICT, and nothing changes, nor is a project made.", async () => {
  await put({ markdown: "original", sessionData: "[1]" });
  await put({}, at(2, "second"));
  const before = await stateOf(client);
  server.clock.advance(1_000);
  for (const projectId of ["second", "third"]) {
    const failure = await rejection(put({ markdown: "moved", sessionData: "[2]" }, at(1, projectId)));
    expect(failure).toMatchObject({ http: 409, code: "RESOURCE_CONFLICT", projectId, sessionId: uuid(1) });
  }

  expect(await stateOf(client)).toEqual(before);
  expect([await textAt(PATH, MARKDOWN), await textAt(PATH, DATA)]).toEqual(["original", [1]]);
});

test("Ids that another user holds too make a project and a session of the caller's own.", async () => {
  const other = restClient(server, (await server.addUser()).key);
  await put({ projectName: "Theirs", markdown: "theirs" }, PATH, other);
  const before = await stateOf(other);
  const { status } = await put({ projectName: "Mine", markdown: "mine" });

  expect([status, await sessionAt(PATH)]).toMatchObject([201, { markdownContent: "mine", project: { ownerId: user.id, name: "Mine" } }]);
  expect([await stateOf(other), await textAt(PATH, MARKDOWN, other)]).toEqual([before, "theirs"]);
});

test("A VIEWER may neither PUT nor DELETE, and nothing changes.", async () => {
  await put();
  const viewer = await addMember("VIEWER");
  const before = await stateOf(client);
  const answers = [await put({ name: "X" }, PATH, viewer), await put({}, at(2), viewer), await viewer.delete(PATH)];

  for (const answer of answers) expect(failureOf(answer)).toMatchObject({ http: 403, code: "ACCESS_DENIED" });
  expect([await stateOf(client), await stateOf(viewer)]).toEqual([before, before]);
});

test("What an EDITOR writes belongs to the owner of the project, and is kept apart from the EDITOR's own of the same id.", async () => {
  await put();
  const editor = await addMember("EDITOR");
  await put({ markdown: "own" }, at(2, "own"), editor);
  const created = await put({ markdown: "shared" }, at(2), editor);
  const replaced = await put({ name: "Edited" }, PATH, editor);

  expect([created.status, replaced.status, (await sessionAt(PATH)).name]).toEqual([201, 200, "Edited"]);
  expect(await sessionAt(at(2))).toMatchObject({ markdownContent: "shared", project: { ownerId: user.id } });
  expect(await textAt(at(2, "own"), MARKDOWN, editor)).toBe("own");
  expect([(await editor.delete(PATH)).status, (await client.get(PATH)).status]).toEqual([200, 404]);
});

test("A key that may only read writes nothing, and is told which scope it lacks.", async () => {
  await put();
  const before = await stateOf(client);
  const reader = restClient(server, await server.addKey(user, ["projects:read", "sessions:read"]));
  for (const answer of [await put({ name: "X" }, PATH, reader), await put({}, at(2, "new"), reader), await reader.delete(PATH)]) {
    expect(failureOf(answer)).toMatchObject({ http: 403, code: "INSUFFICIENT_SCOPE", requiredScope: "sessions:write" });
    expect(answer.headers.get("www-authenticate")).toBe('Bearer error="insufficient_scope", scope="sessions:write"');
  }

  expect(await stateOf(client)).toEqual(before);
});

test("A PUT with an expectedEtag replaces just that version; of a session at another one, or of none, it is RESOURCE_CONFLICT.", async () => {
  const expectedEtag = (await put()).headers.get("etag");
  const second = await put({ name: "Second", expectedEtag });
  const before = await stateOf(client);
  const stale = await rejection(put({ name: "Third", expectedEtag }));
  const absent = await rejection(put({ expectedEtag }, at(2, "new")));

  expect(second.status).toBe(200);
  expect(stale).toMatchObject({ http: 409, code: "RESOURCE_CONFLICT", sessionId: uuid(1), currentEtag: second.headers.get("etag") });
  expect(absent).toMatchObject({ http: 409, code: "RESOURCE_CONFLICT", projectId: "new", currentEtag: null });
  expect(await stateOf(client)).toEqual(before);
});

test("DELETE answers that it is done; again, and where the project does not have the session, it is RESOURCE_NOT_FOUND.", async () => {
  await put();
  await put({}, at(2, "other"));
  const stranger = restClient(server, (await server.addUser()).key);
  const done = await client.delete(PATH, { "content-type": "application/json" });

  expect([done.status, done.body]).toEqual([200, { success: true }]);
  const missing = { http: 404, code: "RESOURCE_NOT_FOUND", projectId: "app" };
  for (const path of [PATH, at(2), "/projects/app/sessions/no-uuid"]) expect(await rejection(client.delete(path))).toMatchObject(missing);
  expect(await rejection(stranger.delete(at(2, "other")))).toMatchObject({ http: 403, code: "ACCESS_DENIED" });
  expect((await stateOf(client)).projects.map(({ sessionCount }: { sessionCount: number }) => sessionCount)).toEqual([1, 0]);
  expect((await put()).status).toBe(201);
});

test("A PUT needs at most 4 statements, be it the first one, a replacement, or rejected.", async () => {
  for (const path of [PATH, PATH, at(1, "second")]) {
    const statements = await server.statementsOf(() => put({ sessionData: "[]", metadata: { tags: ["a"] } }, path));
    expect([statements.length > 0, statements.length <= 4]).toEqual([true, true]);
  }
});

test("Fifty PUTs of one session at once leave one version, whole, and create it once.", async () => {
  const texts = Array.from({ length: 50 }, (_, number) => `${number} `.repeat(number + 1));
  const bodies = texts.map((text) => ({ name: text, markdown: text, rawData: text, sessionData: JSON.stringify(text) }));
  const answers = await Promise.all(bodies.map((body) => put(body)));
  const { name, ...session } = await sessionAt(PATH);

  expect(answers.map(({ status }) => status).sort()).toEqual([...Array(49).fill(200), 201]);
  expect(texts).toContain(name);
  const etag = answers[texts.indexOf(name)]?.headers.get("etag");
  expect(session).toMatchObject({ markdownContent: name, markdownSize: name.length, rawDataSize: name.length, etag });
  expect([await textAt(PATH, MARKDOWN), await textAt(PATH, DATA)]).toEqual([name, name]);
  expect((await stateOf(client)).projects).toMatchObject([{ id: "app", sessionCount: 1 }]);
});
