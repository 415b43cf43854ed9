import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createProject, share, uuid } from "../support/actions.js";
import { addSessionRows, badFieldsOf, failureOf, putBody, restClient } from "../support/rest.js";
import { CLIENT, startTestServer, type TestServer, type TestUser } from "../support/server.js";

type Listed = { readonly id: string; readonly projectId: string };

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const as = ({ key }: TestUser) => restClient(server, key);
const add = () => server.addUser();
const now = () => server.clock.now().toISOString();
const later = () => (server.clock.advance(1_000), now());
const idsOf = (rows: readonly Listed[]) => rows.map(({ id }) => id);
const numbersDown = (from: number, to: number, step = 1) =>
  Array.from({ length: Math.floor((from - to) / step) + 1 }, (_, nth) => uuid(from - nth * step));
const put = (user: TestUser, projectId: string, number: number, more: object = {}) =>
  as(user).put(`/projects/${projectId}/sessions/${uuid(number)}`, putBody({ ...more }));

const NO_METADATA = {
  clientName: null, clientVersion: null, agentName: null, deviceId: null, machineName: null, title: null, gitBranches: [], llmModels: [], tags: [],
}; // prettier-ignore
const METADATA = {
  clientName: "specstory-cli", clientVersion: "1.2.3", agentName: "Claude Code", deviceId: "device-1", machineName: "laptop.local", title: "A title",
  gitBranches: ["main", "feature/x"], llmModels: ["claude-opus-4-6"], tags: ["bug"],
}; // prettier-ignore

/** A user's project "p" with sessions, another's project "theirs", and what of it the user is. */
async function makeTwo(role: "VIEWER" | null) {
  const [user, other] = [await add(), await add()];
  await put(user, "p", 1);
  later();
  await put(other, "theirs", 2, { sessionData: "data" });
  if (role !== null) await share(server, other.key, "theirs", user.email, role);
  later();
  await put(user, "p", 3);
  return { user, other };
}

test("GET sessions has all sessions of a project, the newest first, with exactly these fields.", async () => {
  const user = await add();
  const first = now();
  const etags = [(await put(user, "app", 2)).headers.get("etag")];
  const second = later();
  const times = { startedAt: "2026-01-01T10:00:00+01:00", endedAt: "2026-01-01T10:00:00Z" };
  await put(user, "app", 1, { sessionData: "data" });
  await put(user, "app/other", 3);
  const third = later();
  const whole = { name: "Grüße", markdown: "Grüße 🦕", rawData: "{}", metadata: METADATA, ...times };
  etags.push((await put(user, "app", 1, whole)).headers.get("etag"));

  const { status, headers, body } = await as(user).get("/projects/app/sessions");

  const summary = (number: number, facts: object) => ({ id: uuid(number), clientId: uuid(number), projectId: "app", ...facts });
  const sessions = [
    summary(1, {
      name: "Grüße", markdownSize: 12, rawDataSize: 2, sessionDataSize: 4, createdAt: second, updatedAt: third,
      startedAt: "2026-01-01T09:00:00.000Z", endedAt: "2026-01-01T10:00:00.000Z", metadata: METADATA, etag: etags[1],
    }),
    summary(2, {
      name: "A session", markdownSize: 5, rawDataSize: 0, sessionDataSize: 0, createdAt: first, updatedAt: first,
      startedAt: null, endedAt: null, metadata: NO_METADATA, etag: etags[0],
    }),
  ]; // prettier-ignore
  expect([status, headers.get("content-type"), headers.get("cache-control")]).toEqual([200, "application/json", "private, no-cache"]);
  expect(body).toEqual({ success: true, data: { sessions, total: 2, projectId: "app" } });
});

test("A project without sessions has an empty list, whole and in pages.", async () => {
  const user = await add();
  await createProject(server, user.key, { id: 'the "app"', name: "X" });
  const path = `/projects/${encodeURIComponent('the "app"')}/sessions`;

  expect((await as(user).get(path)).body).toEqual({ success: true, data: { sessions: [], total: 0, projectId: 'the "app"' } });
  expect((await as(user).get(`${path}?limit=1`)).body.data).toEqual({ sessions: [], total: 0, projectId: 'the "app"', nextCursor: null });
});

test("?resumable=true has only the sessions with session data, whole and in pages, and counts only these.", async () => {
  const user = await add();
  for (let number = 1; number <= 6; number += 1) await put(user, "app", number, number % 2 === 0 ? { sessionData: "data" } : {});
  const all = (await as(user).get("/projects/app/sessions")).body.data;
  const resumable = (await as(user).get("/projects/app/sessions?resumable=true")).body.data;
  const page = (await as(user).get("/projects/app/sessions?resumable=true&limit=2")).body.data;
  const rest = (await as(user).get(`/projects/app/sessions?resumable=true&limit=2&cursor=${page.nextCursor}`)).body.data;

  const wanted = all.sessions.filter(({ sessionDataSize }: { sessionDataSize: number }) => sessionDataSize > 0);
  expect(idsOf(wanted)).toEqual([uuid(6), uuid(4), uuid(2)]);
  expect(resumable).toEqual({ sessions: wanted, total: 3, projectId: "app" });
  expect(page).toEqual({ sessions: wanted.slice(0, 2), total: 3, projectId: "app", nextCursor: expect.any(String) });
  expect(rest).toEqual({ sessions: wanted.slice(2), total: 3, projectId: "app", nextCursor: null });
});

test.each([1, 3, 5, 14, 15, 16, 200])("Pages of %i lead through all sessions once, and the last one has no cursor.", async (limit) => {
  const user = await add();
  for (let number = 1; number <= 15; number += 1) {
    if (number % 4 === 0) later(); // the others are of the same moment as the one before
    await put(user, "app", number);
  }
  const all = (await as(user).get("/projects/app/sessions")).body.data.sessions;
  const pages: Listed[][] = [];
  let query = "";
  for (;;) {
    const { sessions, total, projectId, nextCursor } = (await as(user).get(`/projects/app/sessions?limit=${limit}${query}`)).body.data;
    expect([total, projectId]).toEqual([15, "app"]);
    pages.push(sessions);
    if (nextCursor === null) break;
    query = `&cursor=${nextCursor}`;
  }

  expect(idsOf(all)).toEqual(numbersDown(15, 1));
  expect(pages.flat()).toEqual(all);
  expect(pages).toHaveLength(Math.ceil(15 / limit));
});

test("Pages have no gaps and no repeats while sessions are deleted and made, be it the very one that the cursor names.", async () => {
  const user = await add();
  for (let number = 1; number <= 12; number += 1) await put(user, "app", number);
  const seen: string[] = [];
  const totals: number[] = [];
  for (let cursor: string | null = "", number = 100; cursor !== null; number += 1) {
    const query: string = cursor === "" ? "" : `&cursor=${cursor}`;
    const { sessions, total, nextCursor } = (await as(user).get(`/projects/app/sessions?limit=4${query}`)).body.data;
    seen.push(...idsOf(sessions));
    totals.push(total);
    cursor = nextCursor;
    for (const gone of [seen.at(-1), seen.at(-3)]) await as(user).delete(`/projects/app/sessions/${gone}`);
    later();
    await put(user, "app", number);
  }

  expect(seen).toEqual(numbersDown(12, 1));
  expect(totals).toEqual([12, 11, 10]);
});

test("A cursor without a limit gives up to 100 sessions.", async () => {
  const user = await add();
  await createProject(server, user.key, { id: "hundreds" });
  await addSessionRows(server, "hundreds", 1, 250);
  const read = async (query: string) => (await as(user).get(`/projects/hundreds/sessions?${query}`)).body.data;
  const largest = await read("limit=200");
  const rest = await read(`cursor=${largest.nextCursor}`);
  const usual = await read(`cursor=${(await read("limit=1")).nextCursor}`);

  expect([idsOf(largest.sessions), idsOf(rest.sessions), rest.nextCursor]).toEqual([numbersDown(250, 51), numbersDown(50, 1), null]);
  expect([idsOf(usual.sessions), usual.nextCursor]).toEqual([numbersDown(249, 150), expect.any(String)]);
});

const cursorOf = (...parts: unknown[]) => `cursor=${Buffer.from(JSON.stringify(parts)).toString("base64url")}`;

const BAD_QUERIES: [string, string][] = [
  ...["0", "-1", "201", "abc", "1.5", "", "9".repeat(20)].map((limit): [string, string] => [`limit=${limit}`, "limit"]),
  ["cursor=nonsense", "cursor"], ["cursor=", "cursor"], [cursorOf("2026-13-45T00:00:00.000Z", uuid(1), "1"), "cursor"],
  [cursorOf("0000-01-01T00:00:00.000Z", uuid(1), "1"), "cursor"], [cursorOf("2026-01-01T00:00:00.000Z", "no uuid", "1"), "cursor"],
  [cursorOf("2026-01-01T00:00:00.000Z", uuid(1), "9".repeat(30)), "cursor"], [cursorOf("2026-01-01T00:00:00.000Z", "1"), "cursor"],
  ["resumable=yes", "resumable"], ["limit=0&cursor=x&resumable=2", "resumable,limit,cursor"],
]; // prettier-ignore

test.each(BAD_QUERIES)("GET sessions?%s is INVALID_PARAMETER and names every bad value: %s.", async (query, names) => {
  const { user } = await makeTwo(null);
  const failure = failureOf(await as(user).get(`/projects/p/sessions?${query}`));

  expect([failure.http, failure.code, badFieldsOf(failure).join()]).toEqual([400, "INVALID_PARAMETER", names]);
});

test.each(["", "?limit=2", "?resumable=true"])("GET sessions%s of an unknown project is 404, of a foreign one 403.", async (query) => {
  const { user } = await makeTwo(null);
  const shared = await makeTwo("VIEWER");
  const ask = (by: TestUser, projectId: string) => as(by).get(`/projects/${projectId}/sessions${query}`);
  const unknown = { http: 404, code: "RESOURCE_NOT_FOUND", message: "Project not found", projectId: "unknown" };
  const ofMember = await ask(shared.user, "theirs");

  expect(failureOf(await ask(user, "unknown"))).toMatchObject(unknown);
  expect(failureOf(await ask(user, "theirs"))).toMatchObject({ http: 403, code: "ACCESS_DENIED", projectId: "theirs" });
  expect([ofMember.status, ofMember.body.data.total, ofMember.body]).toEqual([200, 1, (await ask(shared.other, "theirs")).body]);
});

test("A list of more sessions than are read at once is written piece by piece, and is whole.", async () => {
  const user = await add();
  await createProject(server, user.key, { id: "long" });
  await addSessionRows(server, "long", 1, 1_234);
  const request = new Request("http://backstory.test/api/v1/projects/long/sessions", { headers: { authorization: `Bearer ${user.key}` } });
  const pieces: Uint8Array[] = [];
  for await (const piece of (await server.fetch(request, CLIENT)).body ?? []) pieces.push(piece);
  const { success, data } = JSON.parse(Buffer.concat(pieces).toString());
  const resumable = (await as(user).get("/projects/long/sessions?resumable=true")).body.data;

  expect(pieces.length).toBeGreaterThan(1);
  expect([success, data.total, data.projectId, idsOf(data.sessions)]).toEqual([true, 1_234, "long", numbersDown(1_234, 1)]);
  expect([resumable.total, idsOf(resumable.sessions)]).toEqual([617, numbersDown(1_233, 1, 2)]);
});

test("The sizes are bytes of the Markdown, and of the session data where there is any.", async () => {
  const user = await add();
  await put(user, "app", 1, { markdown: "Grüße 🦕", rawData: "not counted" });
  await put(user, "app", 2, { markdown: "", sessionData: "🦕\u0000" });
  await put(user, "other", 3);

  const { status, body } = await as(user).get("/projects/app/sessions/sizes");

  const sessions = { [uuid(1)]: 12, [uuid(2)]: 0, [`${uuid(2)}:sessionData`]: 5 };
  expect([status, body]).toEqual([200, { success: true, data: { sessions } }]);
});

test("The sizes of a long project are whole; those of an unknown, a foreign or an empty one are an empty map.", async () => {
  const { user } = await makeTwo(null);
  const shared = await makeTwo("VIEWER");
  for (const id of ["empty", "large"]) await createProject(server, user.key, { id });
  await addSessionRows(server, "large", 1_001, 1_100);
  const sizesOf = async (by: TestUser, projectId: string) => (await as(by).get(`/projects/${projectId}/sessions/sizes`)).body.data.sessions;

  const large: Record<string, number> = {};
  for (let n = 1_001; n <= 2_100; n += 1) Object.assign(large, { [uuid(n)]: n }, n % 2 === 1 ? { [`${uuid(n)}:sessionData`]: 1 } : {});
  expect(await sizesOf(user, "large")).toEqual(large);
  for (const projectId of ["unknown", "theirs", "empty"]) expect(await sizesOf(user, projectId)).toEqual({});
  expect(await sizesOf(shared.user, "theirs")).toEqual({ [uuid(2)]: 5, [`${uuid(2)}:sessionData`]: 4 });
});

test("The recent sessions are those of all own and shared projects, the newest first, as the lists have them, with their number.", async () => {
  const { user, other } = await makeTwo("VIEWER");
  await put(other, "foreign", 4);
  const lists = await Promise.all(["p", "theirs"].map(async (id) => (await as(user).get(`/projects/${id}/sessions`)).body.data.sessions));
  const [[third, first], [second]] = lists;

  const { status, body } = await as(user).get("/sessions/recent");

  expect([status, body]).toEqual([200, { success: true, data: { sessions: [third, second, first], total: 3 } }]);
  expect(idsOf(body.data.sessions)).toEqual(numbersDown(3, 1));
  expect((await as(user).get("/sessions/recent?limit=1")).body.data).toEqual({ sessions: [third], total: 3 });
  expect((await as(await add()).get("/sessions/recent")).body.data).toEqual({ sessions: [], total: 0 });
});

test("The recent sessions are 5 unless a limit of up to 100 says otherwise.", async () => {
  const user = await add();
  await createProject(server, user.key, { id: "recent" });
  await addSessionRows(server, "recent", 1, 120);
  const recent = async (query: string) => (await as(user).get(`/sessions/recent${query}`)).body.data;

  for (const [query, last] of [["", 116], ["?limit=7", 114], ["?limit=100", 21]] as const) {
    const { sessions, total } = await recent(query);
    expect([idsOf(sessions), total]).toEqual([numbersDown(120, last), 120]);
  } // prettier-ignore
  for (const limit of ["0", "101", "abc", "-1", ""]) {
    const failure = failureOf(await as(user).get(`/sessions/recent?limit=${limit}`));
    expect([failure.http, failure.code, badFieldsOf(failure)]).toEqual([400, "INVALID_PARAMETER", ["limit"]]);
  }
});

test.each(["/projects/p/sessions", "/projects/p/sessions?limit=1", "/projects/unknown/sessions/sizes", "/sessions/recent"])(
  "GET %s without sessions:read is INSUFFICIENT_SCOPE.",
  async (path) => {
    const { get } = restClient(server, await server.addKey(await add(), ["projects:read", "sessions:write"]));

    expect(failureOf(await get(path))).toMatchObject({ http: 403, code: "INSUFFICIENT_SCOPE", requiredScope: "sessions:read" });
  },
);
