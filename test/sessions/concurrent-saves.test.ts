import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { read, save, uuid } from "../support/actions.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

test("Fifty saves of one session at once leave one version, whole, and exact counters.", async () => {
  const { key } = await server.addUser();
  const version = (number: number) => ({
    id: uuid(1),
    name: `Version ${number}`,
    markdown: `word${number} `.repeat(number + 1),
    rawData: "r".repeat(number),
    sessionData: "s".repeat(number + 1),
    metadata: { tags: [`tag${number}`] },
  });

  const saved = await Promise.all(Array.from({ length: 50 }, (_, number) => save(server, key, version(number))));
  const { session, project, viewer, sessions } = await read(
    server,
    key,
    `{ session(id: "${uuid(1)}") { name markdownContent markdownSize rawDataSize etag metadata { tags } }
       project(id: "app") { sessionCount } viewer { storedBytes } sessions { id } }`,
  );
  const number = Number(session.name.slice("Version ".length));
  const { markdown, rawData, sessionData, metadata } = version(number);
  const stored = await server.prisma.sessionContent.findFirstOrThrow();
  const { total } = (await read(server, key, `{ searchSessions(query: "word${number}") { total } }`)).searchSessions;
  const others = await read(
    server,
    key,
    `{ searchSessions(query: "word${number === 0 ? 1 : 0} or tag${number === 0 ? 1 : 0}") { total } }`,
  );

  expect(saved.filter(({ created }) => created)).toHaveLength(1);
  expect(session).toEqual({
    name: `Version ${number}`,
    markdownContent: markdown,
    markdownSize: markdown.length,
    rawDataSize: rawData.length,
    etag: saved[number]?.etag,
    metadata,
  });
  expect(stored).toMatchObject({ markdown, rawData, sessionData });
  expect(project.sessionCount).toBe(1);
  expect(sessions).toHaveLength(1);
  expect(viewer.storedBytes).toBe(markdown.length + rawData.length + sessionData.length);
  expect([total, others.searchSessions.total]).toEqual([1, 0]);
});
