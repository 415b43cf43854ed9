import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createProject, read, run, save, share } from "../support/actions.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

const DAY_MS = 86_400_000;
const ANALYTICS = `query ($range: TimeRange!) { analytics(timeRange: $range) { totalSessions totalProjects
  sessionsByModel { model count totalSize } sessionsByClient { client count averageSize } activityByDay { date sessions projects } } }`;

let server: TestServer;
let user: TestUser;
let now: number;
const day = (daysBack: number) => new Date(now - daysBack * DAY_MS).toISOString().slice(0, 10);

beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_FIELDS: "Query.analytics=1000/1m" });
  user = await server.addUser();
  const other = await server.addUser();
  await createProject(server, other.key, { id: "shared" });
  await share(server, other.key, "shared", user.email, "VIEWER");

  // One session each so many days ago, each at the first or last millisecond of its UTC day; the clock only runs forwards.
  const ages = [800, 365, 364, 90, 89, 30, 29, 7, 6, 1, 0];
  const today = Math.floor(server.clock.now().getTime() / DAY_MS) * DAY_MS + 801 * DAY_MS;
  for (const [index, age] of ages.entries()) {
    const at = today - age * DAY_MS + (index % 2 === 0 && age > 0 ? DAY_MS - 1 : 0);
    server.clock.advance(at - server.clock.now().getTime());
    const isShared = index % 4 === 3;
    await save(server, isShared ? other.key : user.key, {
      projectId: isShared ? "shared" : index % 2 === 0 ? "even" : "odd",
      markdown: "x".repeat(10 * (index + 1)),
      metadata: {
        clientName: index % 3 === 0 ? "cli" : index % 3 === 1 ? "vscode" : null,
        llmModels: index % 2 === 0 ? ["m1", "m2"] : ["m2"],
      },
    });
    await save(server, other.key, { projectId: "hidden", markdown: "xx", metadata: { clientName: "hidden", llmModels: ["hidden"] } });
  }
  server.clock.advance(DAY_MS - 1);
  now = server.clock.now().getTime();
});
afterAll(() => server.close());

const ALL = { start: "0001-01-01T00:00:00.000Z" };
const daysBack = (days: number) => ({ start: `${day(days)}T00:00:00.000Z` });

test.each([
  ["of a week", 6, [6, 1, 0]],
  ["of a month", 29, [29, 7, 6, 1, 0]],
  ["of a year", 364, [364, 90, 89, 30, 29, 7, 6, 1, 0]],
  ["of all time", 801, [800, 365, 364, 90, 89, 30, 29, 7, 6, 1, 0]],
])("A time range %s without an end lasts up to now.", async (_what, days, ages) => {
  const { analytics } = await read(server, user.key, ANALYTICS, { range: daysBack(days) });

  expect(analytics.totalSessions).toBe(ages.length);
  expect(analytics.activityByDay).toEqual(ages.map((age) => ({ date: day(age), sessions: 1, projects: 1 })));
});

test("Both ends of a time range belong to it, to the millisecond, in whatever time zone they are written.", async () => {
  // Created at 23:59:59.999 six days ago, and at the beginning of the day before.
  const totalOf = async (start: string, end: string | null) =>
    (await read(server, user.key, ANALYTICS, { range: { start, end } })).analytics;
  const [first, last] = [`${day(7)}T00:00:00.000Z`, `${day(6)}T23:59:59.999Z`];

  expect(await totalOf(first, last)).toMatchObject({
    totalSessions: 2,
    totalProjects: 2,
    sessionsByModel: [{ model: "m2", count: 2 }, { model: "m1" }],
    activityByDay: [{ date: day(7) }, { date: day(6) }],
  });
  expect(await totalOf(`${day(7)}T00:00:00.001Z`, last)).toMatchObject({ totalSessions: 1, activityByDay: [{ date: day(6) }] });
  expect(await totalOf(first, `${day(6)}T23:59:59.998Z`)).toMatchObject({ totalSessions: 1, activityByDay: [{ date: day(7) }] });
  expect(await totalOf(last, last)).toMatchObject({ totalSessions: 1, activityByDay: [{ date: day(6) }] });
  expect(await totalOf(`${day(6)}T02:00:00.000+02:00`, null)).toMatchObject({ totalSessions: 3 });
});

test.each([
  ["after its end", "2026-06-02T00:00:00.001Z", "2026-06-02T00:00:00.000Z"],
  ["after now where it has no end", "9999-01-01T00:00:00.000Z", undefined],
])(
  "A time range that starts %s is INVALID_PARAMETER, as what is well-formed but senseless, and the other fields have their data.",
  async (_what, start, end) => {
    const query = "query ($range: TimeRange!) { analytics(timeRange: $range) { totalSessions } stats { totalSessions } }";
    const { data, errors } = await run(server, user.key, query, { range: { start, end } });

    expect(data).toEqual({ analytics: null, stats: { totalSessions: 11 } });
    expect(errors).toMatchObject([
      {
        code: "VALIDATION_ERROR",
        reason: "INVALID_PARAMETER",
        status: 422,
        path: ["analytics"],
        fields: [{ path: ["timeRange", "start"], reason: "INVALID_PARAMETER", message: "timeRange.start: must not be after end" }],
      },
    ]);
  },
);

test("A time range without a start is MISSING_REQUIRED_FIELD.", async () => {
  const { status, errors } = await run(server, user.key, ANALYTICS, { range: { end: `${day(0)}T00:00:00.000Z` } });

  expect(status).toBe(400);
  expect(errors).toMatchObject([{ reason: "MISSING_REQUIRED_FIELD", fields: [{ path: ["range", "start"] }] }]);
});

test("Projects, models and clients are counted over the sessions of the range, own and shared, with their sizes.", async () => {
  const week = (await read(server, user.key, ANALYTICS, { range: daysBack(6) })).analytics;
  const all = (await read(server, user.key, ANALYTICS, { range: ALL })).analytics;

  // The sessions of the week have 90, 100 and 110 bytes; the first and last of them are by m1 and m2, and of no client known or of vscode.
  expect([week.totalProjects, all.totalProjects]).toEqual([2, 3]);
  expect(week.sessionsByModel).toEqual([
    { model: "m2", count: 3, totalSize: 300 },
    { model: "m1", count: 2, totalSize: 200 },
  ]);
  expect(week.sessionsByClient).toEqual(
    [
      { client: "cli", count: 1, averageSize: 100 },
      { client: "vscode", count: 1, averageSize: 110 },
    ].filter(({ client }) => week.sessionsByClient.some((known: { client: string }) => known.client === client)),
  );
  expect(all.sessionsByModel).toEqual([
    { model: "m2", count: 11, totalSize: 660 },
    { model: "m1", count: 6, totalSize: 360 },
  ]);
  expect(all.sessionsByClient).toEqual([
    { client: "cli", count: 4, averageSize: 55 },
    { client: "vscode", count: 4, averageSize: 65 },
  ]);
});

test("Several sessions and projects of one day are one day.", async () => {
  const { key } = await server.addUser();
  for (const projectId of ["one", "one", "two"]) await save(server, key, { projectId });

  expect((await read(server, key, ANALYTICS, { range: daysBack(6) })).analytics).toMatchObject({
    totalSessions: 3,
    totalProjects: 2,
    activityByDay: [{ date: day(0), sessions: 3, projects: 2 }],
  });
});

test("Without sessions everything is zero or empty.", async () => {
  const { key } = await server.addUser();
  await createProject(server, key);

  expect(await read(server, key, ANALYTICS, { range: ALL })).toEqual({
    analytics: { totalSessions: 0, totalProjects: 0, sessionsByModel: [], sessionsByClient: [], activityByDay: [] },
  });
});
