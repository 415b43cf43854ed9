import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createProject, save, uuid } from "../support/actions.js";
import { startTestServer, type TestServer } from "../support/server.js";

const MINUTE_MS = 60_000;

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

/** The storage metrics: what is before the value, and the value. */
async function read(): Promise<Record<string, number>> {
  const { status, body } = await server.send("/metrics");
  expect(status).toBe(200);
  const lines = String(body)
    .split("\n")
    .filter((line) => /^backstory_(stored|user_|project_|disk_|database_bytes)/.test(line));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]));
}

const keyOf = async (id: string) => String((await server.prisma.project.findFirstOrThrow({ where: { id } })).key);

test("The metrics tell what is stored in all, and how much of it by users and projects, which only ids name.", async () => {
  const [ada, bob] = [await server.addUser("ada@example.com"), await server.addUser()];
  await save(server, ada.key, { projectId: "secret-project", projectName: "Secret name", markdown: "x".repeat(100) });
  await save(server, ada.key, { projectId: "small", markdown: "x".repeat(7), rawData: "ü" });
  await save(server, bob.key, { projectId: "secret-project", markdown: "x".repeat(20), sessionData: "s" });
  await createProject(server, bob.key, { id: "empty" });

  const { backstory_database_bytes: onDisk, ...found } = await read();
  expect(found).toEqual({
    backstory_stored_bytes: 130,
    'backstory_stored_items{kind="users"}': 2,
    'backstory_stored_items{kind="projects"}': 4,
    'backstory_stored_items{kind="sessions"}': 3,
    [`backstory_user_stored_bytes{user="${ada.id}"}`]: 109,
    [`backstory_user_stored_bytes{user="${bob.id}"}`]: 21,
    [`backstory_project_stored_bytes{user="${ada.id}",project="1"}`]: 100,
    [`backstory_project_stored_bytes{user="${ada.id}",project="${await keyOf("small")}"}`]: 9,
    [`backstory_project_stored_bytes{user="${bob.id}",project="3"}`]: 21,
  });
  expect(onDisk).toBeGreaterThan(1_000_000);
  const { body } = await server.send("/metrics");
  expect(body).not.toMatch(/ada@|ecret/);
});

test("An empty database has totals, and names nobody.", async () => {
  expect(await read()).toEqual({
    backstory_database_bytes: expect.any(Number),
    backstory_stored_bytes: 0,
    'backstory_stored_items{kind="users"}': 0,
    'backstory_stored_items{kind="projects"}': 0,
    'backstory_stored_items{kind="sessions"}': 0,
  });
});

test("However many users and projects there are, only the twenty largest are named.", async () => {
  const { id } = await server.addUser();
  await server.prisma
    .$executeRaw`INSERT INTO "User" ("id", "email", "storedBytes") SELECT gen_random_uuid(), 'u' || n, n FROM generate_series(1, 50) n`;
  await server.prisma.$executeRaw`INSERT INTO "Project" ("ownerId", "id", "name", "storedBytes")
    SELECT ${id}::uuid, 'p' || n, 'n', n * 1000000000000 FROM generate_series(1, 50) n`;
  const found = Object.entries(await read());
  const valuesOf = (name: string) => found.filter(([series]) => series.startsWith(name)).map(([, value]) => value);

  const largest = Array.from({ length: 20 }, (_, index) => 50 - index);
  expect(valuesOf("backstory_user_stored_bytes")).toEqual(largest);
  expect(valuesOf("backstory_project_stored_bytes")).toEqual(largest.map((value) => value * 1e12));
});

test("The totals are read once a minute at most, in one statement, and what is no longer large is no longer named.", async () => {
  const { key, id } = await server.addUser();
  await save(server, key, { id: uuid(1) });
  const statements = await server.everyStatementOf(() => Promise.all([read(), read(), read()]));
  expect(statements).toHaveLength(1);
  await server.prisma.session.deleteMany();
  await server.prisma.user.update({ where: { id }, data: { storedBytes: 0 } });
  const bytes = async () => (await read())[`backstory_user_stored_bytes{user="${id}"}`];
  expect(await bytes()).toBe(5);
  server.clock.advance(MINUTE_MS - 1);
  expect(await bytes()).toBe(5);
  server.clock.advance(1);
  expect(await bytes()).toBeUndefined();
});

test("While the database is away the other metrics are there, and those of the storage are not.", async () => {
  await server.loseDatabase();
  expect(await read()).toEqual({});
  const { body } = await server.send("/metrics");
  expect(body).toContain("backstory_limiter_store_up 1");
  server.takeLog();
});
