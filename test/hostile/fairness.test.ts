import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { afterEach, expect, test } from "@jest/globals";
import { save } from "../support/actions.js";
import { restClient } from "../support/rest.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
afterEach(() => server.close());

const isOnPostgres = process.env.TEST_DATABASE_URL !== undefined;
const onPostgres = isOnPostgres ? test : test.skip;

/** Starts many requests, and counts how many of them have been answered. */
function flood(count: number, send: (index: number) => Promise<{ readonly status: number }>) {
  const flooding = { answered: 0, statuses: [] as number[], all: Promise.resolve() as Promise<unknown> };
  flooding.all = Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const { status } = await send(index);
      flooding.answered += 1;
      flooding.statuses.push(status);
    }),
  );
  return flooding;
}

const FLOODS = {
  searches: (key: string) => server.query(key, '{ searchSessions(query: "the quick or brown or fox") { total results { id snippet } } }'),
  "searches over REST": (key: string) => restClient(server, key).post("/search/resume", { query: "th" }),
  lists: (key: string) => server.query(key, "{ sessions(limit: 200) { id metadata { tags } relatedSessions(limit: 50) { id } } }"),
  uploads: (key: string, index: number) =>
    restClient(server, key).put(`/projects/app/sessions/${randomUUID()}`, { projectName: "app", name: `s ${index}`, markdown: "word ".repeat(30_000), rawData: "" }), // prettier-ignore
  "changes of one project": (key: string) =>
    server.query(key, 'mutation { updateProject(input: { id: "app", color: "rose" }) { project { id } } }'),
} as const;

test.each(Object.keys(FLOODS) as (keyof typeof FLOODS)[])(
  "While one key floods the server with %s, another key's operation is among the first that are answered.",
  async (kind) => {
    server = await startTestServer({
      RATE_LIMIT_GRAPHQL: "10000/1h",
      RATE_LIMIT_REST: "10000/1h",
      RATE_LIMIT_FIELDS: "Query.searchSessions=10000/1m",
    });
    const [flooder, other] = [await server.addUser(), await server.addUser()];
    for (let count = 0; count < 20; count += 1) {
      await save(server, flooder.key, { markdown: "the quick brown fox ".repeat(200), sessionData: "{}", metadata: { tags: ["a", "b"] } });
    }
    await server.query(other.key, "{ viewer { id } }");
    const flooding = flood(60, (index) => FLOODS[kind](flooder.key, index));
    while (flooding.answered === 0) await setImmediate();
    const before = flooding.answered;
    expect((await server.query(other.key, "{ viewer { id } }")).status).toBe(200);
    expect(flooding.answered - before).toBeLessThanOrEqual(16); // those that ran already, at most
    await flooding.all;
    expect(new Set(flooding.statuses)).toEqual(new Set([kind === "uploads" ? 201 : 200]));
  },
);

onPostgres("While one key's uploads wait for the lock of a project, other keys write and read, and none of them gets 503.", async () => {
  server = await startTestServer({ RATE_LIMIT_REST: "10000/1h", MAX_QUEUE_MS: "2000" });
  const [flooder, other] = [await server.addUser(), await server.addUser()];
  await save(server, flooder.key);
  await save(server, other.key);
  const flooding = await server.prisma.$transaction(
    async (transaction) => {
      await transaction.$executeRaw`SELECT 1 FROM "Project" WHERE "ownerId" = ${flooder.id}::uuid FOR UPDATE`;
      const uploads = flood(40, (index) => FLOODS.uploads(flooder.key, index));
      for (let turn = 0; turn < 200; turn += 1) await setImmediate();
      for (let count = 0; count < 10; count += 1) {
        expect((await server.query(other.key, "{ viewer { id } projects { id } }")).status).toBe(200);
        await save(server, other.key);
      }
      expect((await server.query(flooder.key, "{ viewer { id } }")).status).toBe(200);
      expect(uploads.answered).toBe(0);
      return uploads;
    },
    { timeout: 60_000 },
  );
  await flooding.all;
  expect(new Set(flooding.statuses)).toEqual(new Set([201]));
});
