import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { share, uuid } from "../support/actions.js";
import { askForBytes, failureOf, putBody, restClient } from "../support/rest.js";
import { startTestServer, type Answer, type TestServer, type TestUser } from "../support/server.js";

const JSON_TYPE = "application/json";
const MARKDOWN = "text/markdown";
const DATA = "application/vnd.specstory.session-data+json";
const PATH = `/projects/app/sessions/${uuid(1)}`;

let server: TestServer;
let user: TestUser;
let client: ReturnType<typeof restClient>;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_REST: "100000/1h" });
});
afterAll(() => server.close());

/** A new user with one session, and its ETag. */
async function start(overrides: Readonly<Record<string, unknown>> = {}): Promise<string> {
  user = await server.addUser();
  client = restClient(server, user.key);
  return put(overrides);
}
async function put(overrides: Readonly<Record<string, unknown>>): Promise<string> {
  const { status, headers } = await client.put(PATH, putBody({ sessionData: '{"turns":[]}', ...overrides }));
  expect([200, 201]).toContain(status);
  return headers.get("etag") ?? "";
}

/** Which representation an answer is. */
const kindOf = ({ status, headers }: { status: number; headers: Headers }) => [status, headers.get("content-type")];

const CONTROLS = String.fromCharCode(...Array(32).keys());
const NASTY = `${CONTROLS}\u007f\u0080\u2028\u2029"'\\</script>é漢🦕\u{10ffff}\uFEFF\r\n`;
const CONTENTS = [
  ["an empty text", ""],
  ["quotes and backslashes", '"\\"\\\\'],
  ["control characters, line ends of every kind and characters of 1 to 4 bytes", NASTY],
  ["U+0000 at both ends", "\u0000a\u0000"],
  ["U+0001 with what its escapes look like", "\u0001\u00010\u00011\u00012\u0000"],
  ["a byte order mark in front", `\uFEFF# Title`],
  ["two byte order marks in front, and U+0000", "\uFEFF\uFEFF\u0000"],
  ["many characters that JSON escapes", NASTY.repeat(2_000)],
] as const; // prettier-ignore

test("GET answers in JSON with what the list tells of the session, its Markdown and its project.", async () => {
  const etag = await start({ projectName: "The app", name: "Grüße", markdown: "# Grüße 🦕", rawData: "{}", metadata: { tags: ["bug"] } });
  const [project] = (await client.get("/projects")).body.data.projects;
  const [summary] = (await client.get("/projects/app/sessions")).body.data.sessions;

  const answer = await client.get(PATH);

  const { id, ownerId, name, icon, color, createdAt, updatedAt } = project;
  const session = { ...summary, markdownContent: "# Grüße 🦕", project: { id, ownerId, name, icon, color, createdAt, updatedAt } };
  expect(kindOf(answer)).toEqual([200, JSON_TYPE]);
  expect(answer.body).toEqual({ success: true, data: { session } });
  expect([summary.name, summary.etag, name, ownerId]).toEqual(["Grüße", etag, "The app", user.id]);
});

test("A key without projects:read gets the session without its project, and HEAD tells the length of just that.", async () => {
  await start({ projectName: "The app", markdown: "# Text" });
  const whole = (await client.get(PATH)).body.data.session;
  const key = await server.addKey(user, ["sessions:read"]);
  const { bytes } = await askForBytes(server, key, "GET", PATH, JSON_TYPE);
  const head = await restClient(server, key).head(PATH);

  expect(JSON.parse(String(bytes))).toEqual({ success: true, data: { session: { ...whole, project: null } } });
  expect(head.headers.get("content-length")).toBe(String(bytes.length));
});

test.each([MARKDOWN, JSON_TYPE, DATA])("The headers of %s tell the version, the last change and all sizes.", async (accept) => {
  const etag = await start({ markdown: "Grüße 🦕", rawData: "é", sessionData: '"🦕"' });
  const sizes = { "x-markdown-size": "12", "x-raw-data-size": "2", "x-session-data-size": "6" };
  const common = { "cache-control": "private, no-cache", vary: expect.stringMatching(/\bAccept\b/) };
  const expected = { etag, "last-modified": server.clock.now().toUTCString(), ...sizes, ...common };
  server.clock.advance(1_000);

  for (const ask of [client.get, client.head]) expect(Object.fromEntries((await ask(PATH, { accept })).headers)).toMatchObject(expected);
  expect(etag).toMatch(/^W\/"[\x21\x23-\x7e]+"$/);
});

test.each(CONTENTS)("Markdown and session data of %s come back byte for byte, and HEAD tells their length.", async (_what, text) => {
  const data = text === "" ? "x" : text;
  const metadata = { title: 'A "title" 🦕', tags: ["\\", "é"], clientName: '"' };
  await start({ projectName: '"\\🦕', name: '🦕 "quoted" \\', markdown: text, rawData: text, sessionData: data, metadata });
  const gets = await Promise.all([JSON_TYPE, MARKDOWN, DATA].map((accept) => askForBytes(server, user.key, "GET", PATH, accept)));
  const heads = await Promise.all([JSON_TYPE, MARKDOWN, DATA].map((accept) => askForBytes(server, user.key, "HEAD", PATH, accept)));

  const [asJson, asMarkdown, asData] = gets.map(({ bytes }) => bytes);
  expect(JSON.parse(String(asJson)).data.session.markdownContent).toBe(text);
  expect([asMarkdown?.equals(Buffer.from(text)), asData?.equals(Buffer.from(data))]).toEqual([true, true]);
  expect(heads.map(({ status, bytes }) => [status, bytes.length])).toEqual(Array(3).fill([200, 0]));
  expect(heads.map(({ headers }) => headers.get("content-length"))).toEqual(gets.map(({ bytes }) => String(bytes.length)));
  const names = ["content-type", "etag", "last-modified", "x-markdown-size", "x-raw-data-size", "x-session-data-size", "vary"];
  const facts = ({ headers }: { headers: Headers }) => names.map((name) => headers.get(name));
  expect(heads.map(facts)).toEqual(gets.map(facts));
});

test.each([
  [null, JSON_TYPE], ["", JSON_TYPE], ["*/*", JSON_TYPE], ["application/*", JSON_TYPE], ["application/json, text/plain, */*", JSON_TYPE],
  ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON_TYPE],
  [MARKDOWN, MARKDOWN], ["TEXT/Markdown; charset=UTF-8", MARKDOWN], ["text/*", MARKDOWN], [DATA, DATA],
  [`${MARKDOWN}, ${JSON_TYPE}`, MARKDOWN], [`${JSON_TYPE}, ${MARKDOWN}`, JSON_TYPE],
  [`${JSON_TYPE};q=0.5, ${MARKDOWN}`, MARKDOWN], [`${MARKDOWN};q=0.8, ${JSON_TYPE};q=0.9, ${DATA};q=0.7`, JSON_TYPE],
  [`${DATA};q=0.9,${MARKDOWN};q=0.899`, DATA], [`*/*;q=0.1, ${DATA};q=0.2`, DATA], [`${JSON_TYPE};q=0, */*`, MARKDOWN],
  [`${JSON_TYPE};q=0, ${MARKDOWN};q=0, */*;q=0.001`, DATA], [`${MARKDOWN};q=0`, JSON_TYPE],
  ["text/html", JSON_TYPE], ["image/png, text/plain;q=0.1", JSON_TYPE], [";;q=x,,/", JSON_TYPE],
])("Accept: %s gets %s.", async (accept, type) => {
  await start();
  for (const ask of [client.get, client.head]) {
    const answer = await ask(PATH, accept === null ? {} : { accept });
    expect(kindOf(answer)).toEqual([200, type === MARKDOWN ? "text/markdown; charset=utf-8" : type]);
  }
}); // prettier-ignore

test("Session data of a session that has none is RESOURCE_NOT_FOUND, whatever version the caller has, and so is a HEAD of it.", async () => {
  await start({ sessionData: undefined });
  const missing = { http: 404, code: "RESOURCE_NOT_FOUND", projectId: "app", sessionId: uuid(1) };
  const { status, body } = await client.head(PATH, { accept: DATA });

  expect(failureOf(await client.get(PATH, { accept: DATA }))).toMatchObject(missing);
  expect(failureOf(await client.get(PATH, { accept: DATA, "if-none-match": "*" }))).toMatchObject(missing);
  expect([status, body, (await client.head(PATH)).headers.get("x-session-data-size")]).toEqual([404, "", "0"]);
});

const MATCHES: [string, (etag: string) => string, number][] = [
  ["the very tag is 304", (etag) => etag, 304],
  ["the tag in its strong form is 304", (etag) => etag.slice(2), 304],
  ["a list with the tag is 304", (etag) => `"other", ${etag}`, 304],
  ["a list without spaces, and a comma in another tag is 304", (etag) => `W/"a,b",${etag.slice(2)},"c"`, 304],
  ["any version is 304", () => "*", 304],
  ["another tag is 200", () => 'W/"other"', 200],
  ["a list of others is 200", () => '"a", W/"b"', 200],
  ["a part of the tag is 200", (etag) => `${etag.slice(0, -3)}"`, 200],
  ["the tag within another one is 200", (etag) => `W/"x${etag.slice(3)}`, 200],
  ["the tag without quotes is 200", (etag) => etag.slice(3, -1), 200],
  ["a star in quotes is 200", () => '"*"', 200],
  ["nothing is 200", () => "", 200],
];

test.each(MATCHES)("If-None-Match: %s, on GET and HEAD and in every representation.", async (_what, toHeader, expected) => {
  const etag = await start({ markdown: "Text" });
  for (const accept of [JSON_TYPE, MARKDOWN, DATA]) {
    const headers = { accept, "if-none-match": toHeader(etag) };
    const [get, head] = [await client.get(PATH, headers), await client.head(PATH, headers)];

    expect([get.status, head.status, head.body]).toEqual([expected, expected, ""]);
    expect([get.headers.get("etag"), head.headers.get("etag"), get.headers.get("vary")]).toEqual([etag, etag, head.headers.get("vary")]);
    expect(get.body === "").toBe(expected === 304);
  }
});

test("The Python SDK, which cannot read a 304, gets the whole answer on GET; nobody else does.", async () => {
  const etag = await start({ markdown: "Text" });
  const ask = (language: string) => ({ "if-none-match": etag, "x-sdk-language": language });
  const python = await client.get(PATH, ask("python"));

  expect([python.status, python.body.data.session.markdownContent]).toEqual([200, "Text"]);
  expect([(await client.head(PATH, ask("python"))).status, (await client.get(PATH, ask("typescript"))).status]).toEqual([304, 304]);
});

test("Every change changes the ETag, which PUT, GET and lists agree on; a session that was not changed keeps it.", async () => {
  const words = { clientName: "a", clientVersion: "b", agentName: "c", deviceId: "d", machineName: "e", title: "f" };
  const metadata: object = { ...words, gitBranches: ["g"], llmModels: ["h"], tags: ["i"] };
  const times = { startedAt: "2026-01-01T00:00:00Z", endedAt: "2026-01-03T00:00:00Z" };
  const whole = { name: "N", markdown: "M", rawData: "R", sessionData: "S", ...times };
  const changes = [
    ...Object.keys(whole).map((name) => ({ [name]: name.endsWith("At") ? "2026-01-02T00:00:00Z" : "other" })),
    ...Object.entries(metadata).map(([name, value]) => ({ metadata: { ...metadata, [name]: typeof value === "string" ? "other" : ["other"] } })),
  ]; // prettier-ignore
  const seen = [await start({ ...whole, metadata })];
  for (const change of changes) {
    const after = await put({ ...whole, metadata, ...change });
    const stale = await client.get(PATH, { "if-none-match": seen.join(", ") });
    const [listed] = (await client.get("/projects/app/sessions")).body.data.sessions;
    expect([stale.status, stale.headers.get("etag"), listed.etag]).toEqual([200, after, after]);
    seen.push(after);
  }

  expect(new Set(seen).size).toBe(changes.length + 1);
  expect(await put({ ...whole, metadata })).toBe(seen[0]);
});

const ABSENT = [uuid(3), uuid(2), "no-uuid", "%20", "%F0%9F%A6%95", `${uuid(1)}0`, "x".repeat(2_000)];

test.each(ABSENT)("The project has no session %s: RESOURCE_NOT_FOUND.", async (id) => {
  await start();
  await client.put(`/projects/other/sessions/${uuid(2)}`, putBody());
  const failure = failureOf(await client.get(`/projects/app/sessions/${id}`, { "if-none-match": "*" }));
  const { status, body } = await client.head(`/projects/app/sessions/${id}`);

  expect(failure).toMatchObject({ http: 404, code: "RESOURCE_NOT_FOUND", message: "Session not found", projectId: "app" });
  expect([failure.sessionId, status, body]).toEqual([expect.stringContaining(decodeURIComponent(id).slice(0, 200)), 404, ""]);
});

test("A member reads what the owner reads; a stranger, a key without sessions:read and one for an unknown project are rejected.", async () => {
  await start();
  await client.put(`/projects/own/sessions/${uuid(2)}`, putBody());
  const member = await server.addUser();
  await share(server, user.key, "app", member.email, "VIEWER");
  const ofMember = restClient(server, member.key);
  const unscoped = restClient(server, await server.addKey(user, ["projects:read", "sessions:write"]));

  expect((await ofMember.get(PATH)).body).toEqual((await client.get(PATH)).body);
  expect(failureOf(await ofMember.get(`/projects/own/sessions/${uuid(2)}`))).toMatchObject({ http: 403, code: "ACCESS_DENIED" });
  expect(failureOf(await ofMember.get(`/projects/unknown/sessions/${uuid(2)}`))).toMatchObject({ http: 404, message: "Project not found" });
  expect(failureOf(await unscoped.get(PATH))).toMatchObject({ http: 403, code: "INSUFFICIENT_SCOPE", requiredScope: "sessions:read" });
});

const countOf = (statements: readonly string[], what: string) => statements.filter((sql) => sql.includes(`"${what}"`)).length;

const UNSENT = [[JSON_TYPE, "sessionData"], [MARKDOWN, "sessionData"], [DATA, "markdown"]] as const; // prettier-ignore

test.each(UNSENT)("GET of one session as %s needs at most 3 statements and reads no %s.", async (accept, other) => {
  await start();
  const statements = await server.statementsOf(() => client.get(PATH, { accept }));

  expect(statements.length).toBeLessThanOrEqual(3);
  expect([countOf(statements, "SessionContent"), countOf(statements, "rawData"), countOf(statements, other)]).toEqual([1, 0, 0]);
});

test("A 304, a HEAD and every list leave the content alone.", async () => {
  const etag = await start();
  const asks = [
    () => client.get(PATH, { "if-none-match": etag }),
    ...[JSON_TYPE, MARKDOWN, DATA].map((accept) => () => client.head(PATH, { accept })),
    ...["/projects", "/projects?resumable=true", "/sessions/recent"].map((path) => () => client.get(path)),
    ...["", "?limit=1", "?resumable=true", "/sizes"].map((rest) => () => client.get(`/projects/app/sessions${rest}`)),
  ];
  for (const ask of asks) {
    const statements = await server.statementsOf(ask);
    expect([statements.length > 0, countOf(statements, "SessionContent")]).toEqual([true, 0]);
  }
});

test("Reads that meet writes show one whole version each.", async () => {
  await start({ name: "0", markdown: "0", sessionData: "0" });
  const versions = Array.from({ length: 20 }, (_, index) => String(index).repeat(index + 1));
  const writing = (async () => {
    for (const text of versions) await put({ name: text, markdown: text, sessionData: text });
  })();
  const answers: Answer[] = [];
  const reading = [1, 2].map(async () => {
    for (let count = 0; count < versions.length; count += 1) answers.push(await client.get(PATH));
  });
  await Promise.all([writing, ...reading]);

  for (const { status, headers, body } of answers) {
    const { name, markdownContent, markdownSize, etag } = body.data.session;
    expect([status, markdownContent, markdownSize, headers.get("etag")]).toEqual([200, name, name.length, etag]);
  }
});
