import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { change, createProject, invite, mutate, read } from "../support/actions.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

let server: TestServer;
let owner: TestUser;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_GRAPHQL: "10000/1h" });
  owner = await server.addUser();
});
afterAll(() => server.close());

const invitationsOf = async ({ key }: TestUser) => (await read(server, key, "{ viewer { invitations { id } } }")).viewer.invitations;
const membersOf = async (id: string) => (await read(server, owner.key, `{ project(id: "${id}") { members { role } } }`)).project.members;
const projectsOf = async ({ key }: TestUser) => (await read(server, key, `{ projects { id } }`)).projects;
const reasonOf = ({ errors }: Awaited<ReturnType<typeof mutate>>) => errors[0]?.reason;

test("Of two accepts at once one succeeds, and the other is NOT_FOUND.", async () => {
  const user = await server.addUser();
  await createProject(server, owner.key, { id: "twice" });
  const id = await invite(server, owner.key, { projectId: "twice", email: user.email, role: "VIEWER" });
  const both = await Promise.all(Array.from({ length: 8 }, () => mutate(server, user.key, "acceptInvitation", { id }, "role")));

  expect(both.filter(({ payload }) => payload !== null)).toHaveLength(1);
  expect(new Set(both.flatMap(({ errors }) => errors.map(({ reason }) => reason)))).toEqual(new Set(["RESOURCE_NOT_FOUND"]));
  expect(await membersOf("twice")).toHaveLength(1);
});

test("An invitation that is accepted, declined and withdrawn at the same moment ends whole: who was removed is no member.", async () => {
  const user = await server.addUser();
  await createProject(server, owner.key, { id: "race" });
  for (let round = 0; round < 10; round += 1) {
    const id = await invite(server, owner.key, { projectId: "race", email: user.email, role: "VIEWER" });
    const [, removed] = await Promise.all([
      mutate(server, user.key, "acceptInvitation", { id }, "role"),
      mutate(server, owner.key, "removeProjectMember", { projectId: "race", email: user.email }, "email"),
      ...(round % 2 === 0 ? [mutate(server, user.key, "declineInvitation", { id }, "id")] : []),
    ]);

    expect(["RESOURCE_NOT_FOUND", undefined]).toContain(reasonOf(removed));
    if (removed.payload !== null) expect([await membersOf("race"), await invitationsOf(user)]).toEqual([[], []]);
  }
});

test("Accepting meets the deletion of the project: it succeeds or is NOT_FOUND, and the invitation is gone with the project.", async () => {
  const user = await server.addUser();
  for (let round = 0; round < 5; round += 1) {
    await createProject(server, owner.key, { id: "brief" });
    const id = await invite(server, owner.key, { projectId: "brief", email: user.email, role: "VIEWER" });
    const [accepted] = await Promise.all([
      mutate(server, user.key, "acceptInvitation", { id }, "role"),
      change(server, owner.key, "deleteProject", { id: "brief" }, "deletedAt"),
    ]);

    expect(["RESOURCE_NOT_FOUND", undefined]).toContain(reasonOf(accepted));
    expect([await invitationsOf(user), await projectsOf(user)]).toEqual([[], []]);
  }
});
