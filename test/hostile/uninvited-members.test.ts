import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { accept, createProject, invite, read, save, uuid } from "../support/actions.js";
import { putBody, restClient } from "../support/rest.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

/** An id as SpecStory's clients derive it from a git remote, so that whoever knows the remote knows it. */
const GUESSED = "833c-d926-f753-7b4a";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_GRAPHQL: "10000/1h" });
});
afterAll(() => server.close());

/** An attacker who made a project with the id of the victim's git remote, and invited the victim to it. */
async function attack(role: "VIEWER" | "EDITOR") {
  const [attacker, victim] = [await server.addUser(), await server.addUser()];
  await createProject(server, attacker.key, { id: GUESSED, name: "Trap" });
  const invitationId = await invite(server, attacker.key, { projectId: GUESSED, email: victim.email, role });
  return { attacker, victim, invitationId };
}

const SEEN = `{ projects { id ownerId sessionCount } sessions { id } viewer { storedBytes } }`;

async function expectNothingReceived(attacker: TestUser) {
  expect(await read(server, attacker.key, SEEN)).toEqual({
    projects: [{ id: GUESSED, ownerId: attacker.id, sessionCount: 0 }],
    sessions: [],
    viewer: { storedBytes: 0 },
  });
}

test.each(["VIEWER", "EDITOR"] as const)(
  "Who was invited as %s to a project with the id of the own git remote uploads to a project of their own, over REST and GraphQL.",
  async (role) => {
    const { attacker, victim } = await attack(role);
    const uploaded = await restClient(server, victim.key).put(`/projects/${GUESSED}/sessions/${uuid(1)}`, putBody());
    await save(server, victim.key, { id: uuid(2), projectId: GUESSED });

    expect(uploaded.status).toBe(201);
    expect(await read(server, victim.key, `{ projects { id ownerId sessionCount } }`)).toEqual({
      projects: [{ id: GUESSED, ownerId: victim.id, sessionCount: 2 }],
    });
    await expectNothingReceived(attacker);
  },
);

test.each(["VIEWER", "EDITOR"] as const)(
  "Who has a project of that id goes on with it while invited as %s to another one, and after accepting.",
  async (role) => {
    const { attacker, victim, invitationId } = await attack(role);
    await save(server, victim.key, { id: uuid(1), projectId: GUESSED });
    await save(server, victim.key, { id: uuid(2), projectId: GUESSED });
    await accept(server, victim.key, invitationId);
    await save(server, victim.key, { id: uuid(3), projectId: GUESSED });

    expect((await read(server, victim.key, `{ project(id: "${GUESSED}") { ownerId sessionCount } }`)).project).toEqual({
      ownerId: victim.id,
      sessionCount: 3,
    });
    await expectNothingReceived(attacker);
  },
);

test("Until an invitation is accepted its project is that of a stranger to the invited user, on every surface.", async () => {
  const { attacker, victim } = await attack("EDITOR");
  await save(server, attacker.key, { id: uuid(1), projectId: GUESSED, markdown: "zebra", sessionData: "{}" });
  const client = restClient(server, victim.key);
  const { body } = await server.query(victim.key, `{ project(id: "${GUESSED}") { id } session(id: "${uuid(1)}") { id } }`);
  const lists = await read(
    server,
    victim.key,
    `{ projects { id } sessions { id } searchSessions(query: "zebra") { total } stats { totalProjects } }`,
  );

  expect(body.errors.map((error: { extensions: { reason: string } }) => error.extensions.reason)).toEqual([
    "ACCESS_DENIED",
    "ACCESS_DENIED",
  ]);
  expect(lists).toEqual({ projects: [], sessions: [], searchSessions: { total: 0 }, stats: { totalProjects: 0 } });
  expect((await client.get(`/projects/${GUESSED}/sessions`)).status).toBe(403);
  expect((await client.get("/projects")).body.data.projects).toEqual([]);
  expect((await client.get("/sessions/recent")).body.data.sessions).toEqual([]);
  expect((await client.post("/search/resume", { query: "zebra" })).body.data.results).toEqual([]);
  expect((await client.patch(`/projects/${GUESSED}`, { name: "Mine" })).status).toBe(403);
});
