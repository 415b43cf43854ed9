import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { change, createProject, read, run, save, share, uuid } from "../support/actions.js";
import { startTestServer, type TestServer } from "../support/server.js";

const DAY_MS = 86_400_000;
const STATS = `{ stats { totalSessions totalProjects sessionsThisWeek topLLMModels { model count } } }`;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

test("A user without anything has stats of zero.", async () => {
  const { key } = await server.addUser();

  expect(await read(server, key, STATS)).toEqual({ stats: { totalSessions: 0, totalProjects: 0, sessionsThisWeek: 0, topLLMModels: [] } });
});

test("Stats count own and shared projects and their sessions, those of the last seven days, and the models that answered, and nothing of others.", async () => {
  const [user, other] = [await server.addUser(), await server.addUser()];
  const models = (...llmModels: string[]) => ({ metadata: { llmModels } });
  await save(server, user.key, { id: uuid(1), ...models("b", "a") });
  server.clock.advance(1);
  await save(server, user.key, { id: uuid(2), ...models("b", "c") });
  server.clock.advance(7 * DAY_MS);
  await createProject(server, user.key, { id: "empty" });
  await createProject(server, other.key, { id: "shared" });
  await share(server, other.key, "shared", user.email, "VIEWER");
  await save(server, other.key, { id: uuid(3), projectId: "shared", ...models("b", "a") });
  await save(server, other.key, { id: uuid(4), projectId: "hidden", ...models("b") });

  expect(await read(server, user.key, STATS)).toEqual({
    stats: {
      totalSessions: 3,
      totalProjects: 3,
      sessionsThisWeek: 2,
      topLLMModels: [
        { model: "b", count: 3 },
        { model: "a", count: 2 },
        { model: "c", count: 1 },
      ],
    },
  });
  expect(await read(server, user.key, `{ stats { topLLMModels(limit: 1) { model } } }`)).toEqual({
    stats: { topLLMModels: [{ model: "b" }] },
  });
  await change(server, user.key, "deleteSession", { id: uuid(2) }, "id");
  expect(await read(server, user.key, `{ stats { totalSessions sessionsThisWeek topLLMModels { count } } }`)).toEqual({
    stats: { totalSessions: 2, sessionsThisWeek: 1, topLLMModels: [{ count: 2 }, { count: 2 }] },
  });
});

test("Of stats with a limit out of range only that field fails.", async () => {
  const { key } = await server.addUser();
  const { data, errors } = await run(
    server,
    key,
    `{ stats { totalSessions none: topLLMModels(limit: 0) { model } many: topLLMModels(limit: 201) { model } } }`,
  );

  expect(data).toEqual({ stats: { totalSessions: 0, none: null, many: null } });
  expect(errors).toMatchObject([
    { path: ["stats", "many"], reason: "INVALID_PARAMETER", fields: [{ path: ["limit"] }] },
    { path: ["stats", "none"], reason: "INVALID_PARAMETER", fields: [{ path: ["limit"] }] },
  ]);
});
