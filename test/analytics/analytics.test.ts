import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createProject, read, save, share } from "../support/actions.js";
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

/** What is seen of the sessions of so many days back, with today. */
const RANGES: [string, number[]][] = [
  ["LAST_7_DAYS", [6, 1, 0]],
  ["LAST_30_DAYS", [29, 7, 6, 1, 0]],
  ["LAST_90_DAYS", [89, 30, 29, 7, 6, 1, 0]],
  ["LAST_YEAR", [364, 90, 89, 30, 29, 7, 6, 1, 0]],
  ["ALL_TIME", [800, 365, 364, 90, 89, 30, 29, 7, 6, 1, 0]],
];

test.each(RANGES)("The range %s is whole days of UTC with today, to the millisecond.", async (range, ages) => {
  const { analytics } = await read(server, user.key, ANALYTICS, { range });

  expect(analytics.totalSessions).toBe(ages.length);
  expect(analytics.activityByDay).toEqual(ages.map((age) => ({ date: day(age), sessions: 1, projects: 1 })));
});

test("Projects, models and clients are counted over the sessions of the range, own and shared, with their sizes.", async () => {
  const week = (await read(server, user.key, ANALYTICS, { range: "LAST_7_DAYS" })).analytics;
  const all = (await read(server, user.key, ANALYTICS, { range: "ALL_TIME" })).analytics;

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

  expect((await read(server, key, ANALYTICS, { range: "LAST_7_DAYS" })).analytics).toMatchObject({
    totalSessions: 3,
    totalProjects: 2,
    activityByDay: [{ date: day(0), sessions: 3, projects: 2 }],
  });
});

test("Without sessions everything is zero or empty, in every range.", async () => {
  const { key } = await server.addUser();
  await createProject(server, key);

  for (const [range] of RANGES) {
    expect(await read(server, key, ANALYTICS, { range })).toEqual({
      analytics: { totalSessions: 0, totalProjects: 0, sessionsByModel: [], sessionsByClient: [], activityByDay: [] },
    });
  }
});
