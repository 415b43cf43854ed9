import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { read, save, uuid } from "../support/actions.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer();
  key = (await server.addUser()).key;
  const text = "checkout payment checkout payment refund refund";
  await save(server, key, {
    id: uuid(1),
    name: "Payment",
    markdown: text,
    startedAt: "2026-01-01T00:00:00Z",
    metadata: { tags: ["shop"] },
  });
  await save(server, key, { id: uuid(2), name: "Payment again", markdown: text, metadata: { tags: ["shop"] } });
});
afterAll(() => server.close());

test("One fragment on Session serves plain, connected, nested, searched, related and saved sessions.", async () => {
  const data = await read(
    server,
    key,
    `mutation ($input: SaveSessionInput!) {
      saveSession(input: $input) { session { ...whole } }
    }
    fragment whole on Session {
      id projectId name markdownContent markdownSize rawDataSize etag createdAt updatedAt startedAt endedAt
      project { id name } metadata { clientName clientVersion agentName deviceId machineName title gitBranches llmModels tags }
      relatedSessions(limit: 1) { similarity ... on Session { id } }
    }`,
    {
      input: {
        id: uuid(1),
        projectId: "app",
        name: "Payment",
        markdown: "checkout payment checkout payment refund refund",
        startedAt: "2026-01-01T00:00:00Z",
        metadata: { tags: ["shop"] },
      },
    },
  );
  const { session, sessions, sessionsConnection, project, searchSessions, related } = await read(
    server,
    key,
    `{ session(id: "${uuid(1)}") { ...whole }
       sessions(limit: 1, orderBy: NAME_ASC) { ...whole }
       sessionsConnection(first: 1, orderBy: NAME_ASC) { edges { node { ...whole } } }
       project(id: "app") { sessions(limit: 1, orderBy: NAME_ASC) { ...whole } }
       searchSessions(query: "payment -again") { results { __typename rank snippet ...whole } }
       related: session(id: "${uuid(2)}") { relatedSessions { __typename similarity ...whole } } }
    fragment whole on Session {
      id projectId name markdownContent markdownSize rawDataSize etag createdAt updatedAt startedAt endedAt
      project { id name } metadata { clientName clientVersion agentName deviceId machineName title gitBranches llmModels tags }
      relatedSessions(limit: 1) { similarity ... on Session { id } }
    }`,
  );

  expect(session.relatedSessions).toMatchObject([{ id: uuid(2) }]);
  expect(data.saveSession.session).toEqual(session);
  expect(sessions).toEqual([session]);
  expect(sessionsConnection).toEqual({ edges: [{ node: session }] });
  expect(project).toEqual({ sessions: [session] });
  expect(searchSessions.results).toEqual([
    { __typename: "SessionSearchResult", rank: expect.any(Number), snippet: expect.any(String), ...session },
  ]);
  expect(related.relatedSessions).toEqual([{ __typename: "RelatedSession", similarity: expect.any(Number), ...session }]);
});

test("What a key lacks the scope for fails alone, and the rest of the session is there.", async () => {
  const user = await server.addUser();
  const [reader, writer] = [await server.addKey(user, ["sessions:read"]), await server.addKey(user, ["sessions:write"])];
  const saved = await server.query(
    writer,
    `mutation { saveSession(input: { id: "${uuid(3)}", projectId: "p", name: "N", markdown: "m" }) {
    created session { id projectId name etag markdownContent project { id } relatedSessions { id } } } }`,
  );
  const listed = await server.query(reader, `{ sessions { id projectId markdownContent project { id } } }`);
  const scopes = ({ body }: typeof saved) =>
    body.errors
      .map(({ path, extensions }: { path: string[]; extensions: { requiredScope: string } }) => [path.at(-1), extensions.requiredScope])
      .sort();

  expect(saved.body.data.saveSession).toMatchObject({
    created: true,
    session: { id: uuid(3), projectId: "p", name: "N", markdownContent: null, project: null, relatedSessions: null },
  });
  expect(scopes(saved)).toEqual([
    ["markdownContent", "sessions:read"],
    ["project", "projects:read"],
    ["relatedSessions", "sessions:read"],
  ]);
  expect(listed.body.data.sessions).toEqual([{ id: uuid(3), projectId: "p", markdownContent: "m", project: null }]);
  expect(scopes(listed)).toEqual([["project", "projects:read"]]);
});
