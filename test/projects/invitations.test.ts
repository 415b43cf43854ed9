import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { accept, change, createProject, invite, mutate, read, run, save, share, uuid } from "../support/actions.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

const DAY_MS = 86_400_000;
const OPEN = `{ viewer { invitations { id project { id name } role email invitedBy createdAt expiresAt } } }`;
const ADDED = "invitation { id project { id name } role email invitedBy createdAt expiresAt } member { role user { email } }";

let server: TestServer;
let owner: TestUser;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_GRAPHQL: "10000/1h" });
  owner = await server.addUser("owner@example.com");
});
afterAll(() => server.close());

const invitationsOf = async ({ key }: TestUser) => (await read(server, key, OPEN)).viewer.invitations;
const membersOf = async (id: string) =>
  (await read(server, owner.key, `{ project(id: "${id}") { members { role user { email } } } }`)).project.members;
const projectsOf = async ({ key }: TestUser) => (await read(server, key, `{ projects { id } }`)).projects;
const reasonOf = ({ errors }: Awaited<ReturnType<typeof mutate>>) => errors[0]?.reason;

test("An invited user sees who invites them to what, and is no member until they accept.", async () => {
  const user = await server.addUser();
  const now = server.clock.now();
  const after = (ms: number) => new Date(now.getTime() + ms).toISOString();
  await createProject(server, owner.key, { id: "team", name: "The team" });
  const { invitation, member } = await change(
    server,
    owner.key,
    "addProjectMember",
    { projectId: "team", email: user.email, role: "EDITOR" },
    ADDED,
  );
  const before = [await membersOf("team"), await projectsOf(user)];

  expect(member).toBeNull();
  expect(await invitationsOf(user)).toEqual([invitation]);
  expect(invitation).toEqual({
    id: expect.any(String),
    project: { id: "team", name: "The team" },
    role: "EDITOR",
    email: user.email,
    invitedBy: owner.email,
    createdAt: now.toISOString(),
    expiresAt: after(30 * DAY_MS),
  });
  expect(before).toEqual([[], []]);

  server.clock.advance(1_000);
  const accepted = await change(server, user.key, "acceptInvitation", { id: invitation.id }, "project { id ownerId name } role");
  expect(accepted).toEqual({ project: { id: "team", ownerId: owner.id, name: "The team" }, role: "EDITOR" });
  expect(await invitationsOf(user)).toEqual([]);
  expect(await read(server, owner.key, `{ project(id: "team") { members { role createdAt } } }`)).toEqual({
    project: { members: [{ role: "EDITOR", createdAt: after(1_000) }] },
  });
  expect((await save(server, user.key, { projectId: "team" })).created).toBe(true);
  expect(await projectsOf(user)).toEqual([{ id: "team" }]);
});

test("The answer to an invitation is the same whether or not a user has the address, and so are the statements behind it.", async () => {
  const [user, nobody] = [await server.addUser("somebody@example.com"), { email: "nobodybut@example.com" }];
  await createProject(server, owner.key, { id: "blind" });
  const sides = [];
  for (const { email } of [user, nobody]) {
    const name = (text: string) => text.replaceAll(email, "EMAIL").replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "ID");
    let answer: unknown;
    const statements = await server.statementsOf(async () => {
      answer = [
        await mutate(server, owner.key, "addProjectMember", { projectId: "blind", email, role: "VIEWER" }, ADDED),
        await mutate(server, owner.key, "addProjectMember", { projectId: "blind", email, role: "EDITOR" }, ADDED),
        await mutate(server, owner.key, "removeProjectMember", { projectId: "blind", email }, "email"),
        await mutate(server, owner.key, "removeProjectMember", { projectId: "blind", email }, "email"),
      ];
    });
    sides.push({ answer: name(JSON.stringify(answer)), statements });
  }

  expect(sides[1]).toEqual(sides[0]);
  expect(sides[0]?.answer).toContain("Member not found");
});

test("No statement of an invitation looks up a user by the address, so that none takes longer for an address that is a user's.", async () => {
  await createProject(server, owner.key, { id: "timeless" });
  const input = { projectId: "timeless", email: "any@example.com", role: "VIEWER" };
  const statements = await server.statementsOf(async () => {
    await change(server, owner.key, "addProjectMember", input, "member { role }");
    await change(server, owner.key, "removeProjectMember", { projectId: "timeless", email: input.email }, "email");
  });

  const reading = statements.filter((sql) => sql.includes('"User"'));
  expect(reading.length).toBeGreaterThan(0);
  for (const sql of reading) {
    // By the owner of the project, or by its members behind a fence that the planner respects.
    expect(
      sql.replace(/FROM "ProjectMember" o JOIN "User" a ON a."id" = o."userId"\s+WHERE o."projectKey" = \$\d+ OFFSET 0/, ""),
    ).not.toMatch(/"User" a|u\."email" =/);
  }
});

test("An address whose user comes to exist within 30 days finds the invitation.", async () => {
  await createProject(server, owner.key, { id: "early" });
  const id = await invite(server, owner.key, { projectId: "early", email: "Later@Example.com", role: "VIEWER" });
  server.clock.advance(30 * DAY_MS - 1);
  const user = await server.addUser("later@example.com");

  expect(await invitationsOf(user)).toMatchObject([{ id, email: "later@example.com", project: { id: "early" } }]);
  await accept(server, user.key, id);
  expect(await membersOf("early")).toEqual([{ role: "VIEWER", user: { email: "later@example.com" } }]);
});

test("After 30 days an invitation is void: not listed, not accepted, declined or withdrawn, and it takes no place.", async () => {
  const user = await server.addUser();
  await createProject(server, owner.key, { id: "late" });
  const id = await invite(server, owner.key, { projectId: "late", email: user.email, role: "VIEWER" });
  for (let number = 1; number < 100; number += 1)
    await invite(server, owner.key, { projectId: "late", email: `n${number}@example.com`, role: "VIEWER" });
  server.clock.advance(30 * DAY_MS);

  expect(await invitationsOf(user)).toEqual([]);
  expect(reasonOf(await mutate(server, user.key, "acceptInvitation", { id }, "role"))).toBe("RESOURCE_NOT_FOUND");
  expect(reasonOf(await mutate(server, user.key, "declineInvitation", { id }, "id"))).toBe("RESOURCE_NOT_FOUND");
  const removed = await mutate(server, owner.key, "removeProjectMember", { projectId: "late", email: user.email }, "email");
  expect(reasonOf(removed)).toBe("RESOURCE_NOT_FOUND");
  expect(await membersOf("late")).toEqual([]);
  await invite(server, owner.key, { projectId: "late", email: "new@example.com", role: "VIEWER" });
  await accept(server, user.key, await invite(server, owner.key, { projectId: "late", email: user.email, role: "EDITOR" }));
  expect(await membersOf("late")).toEqual([{ role: "EDITOR", user: { email: user.email } }]);
  expect(await server.prisma.invitation.count({ where: { project: { id: "late" } } })).toBe(1);
});

test("A second invitation replaces the role and begins the 30 days anew.", async () => {
  const user = await server.addUser();
  await createProject(server, owner.key, { id: "again" });
  const first = await invite(server, owner.key, { projectId: "again", email: user.email, role: "EDITOR" });
  server.clock.advance(20 * DAY_MS);
  const second = await invite(server, owner.key, { projectId: "again", email: user.email, role: "VIEWER" });
  server.clock.advance(20 * DAY_MS);

  expect(second).toBe(first);
  expect(await invitationsOf(user)).toMatchObject([{ id: first, role: "VIEWER" }]);
  await accept(server, user.key, first);
  expect(await membersOf("again")).toMatchObject([{ role: "VIEWER" }]);
});

test("Adding a member again changes the role at once, since the member has agreed.", async () => {
  const user = await server.addUser();
  await createProject(server, owner.key, { id: "promoted" });
  await share(server, owner.key, "promoted", user.email, "VIEWER");
  const input = { projectId: "promoted", email: user.email, role: "EDITOR" };

  expect(await change(server, owner.key, "addProjectMember", input, ADDED)).toEqual({
    invitation: null,
    member: { role: "EDITOR", user: { email: user.email } },
  });
  expect([await membersOf("promoted"), await invitationsOf(user)]).toMatchObject([[{ role: "EDITOR" }], []]);
});

test("A declined invitation is gone, and the address can be invited again.", async () => {
  const user = await server.addUser();
  await createProject(server, owner.key, { id: "declined" });
  const id = await invite(server, owner.key, { projectId: "declined", email: user.email, role: "VIEWER" });

  expect(await change(server, user.key, "declineInvitation", { id }, "id")).toEqual({ id });
  expect(await invitationsOf(user)).toEqual([]);
  expect(reasonOf(await mutate(server, user.key, "acceptInvitation", { id }, "role"))).toBe("RESOURCE_NOT_FOUND");
  await accept(server, user.key, await invite(server, owner.key, { projectId: "declined", email: user.email, role: "VIEWER" }));
  expect(await membersOf("declined")).toHaveLength(1);
});

test("Removing who is invited withdraws the invitation, and removing who was a member and is invited again does so too.", async () => {
  const user = await server.addUser();
  await createProject(server, owner.key, { id: "withdrawn" });
  const remove = () => change(server, owner.key, "removeProjectMember", { projectId: "withdrawn", email: user.email }, "email");
  const id = await invite(server, owner.key, { projectId: "withdrawn", email: user.email, role: "VIEWER" });
  await remove();

  expect(await invitationsOf(user)).toEqual([]);
  expect(reasonOf(await mutate(server, user.key, "acceptInvitation", { id }, "role"))).toBe("RESOURCE_NOT_FOUND");
  await share(server, owner.key, "withdrawn", user.email, "VIEWER");
  await remove();
  await invite(server, owner.key, { projectId: "withdrawn", email: user.email, role: "VIEWER" });
  await remove();
  expect([await membersOf("withdrawn"), await invitationsOf(user), await projectsOf(user)]).toEqual([[], [], []]);
});

test("An id that is not the caller's own open invitation is NOT_FOUND, whether another user's, missing or no id at all.", async () => {
  const [user, other] = [await server.addUser(), await server.addUser()];
  await createProject(server, owner.key, { id: "guarded" });
  const theirs = await invite(server, owner.key, { projectId: "guarded", email: other.email, role: "VIEWER" });
  for (const [name, selection] of [
    ["acceptInvitation", "role"],
    ["declineInvitation", "id"],
  ] as const) {
    const answers = [];
    for (const by of [user, owner]) {
      for (const id of [theirs, uuid(9), "no uuid"]) {
        const { payload, errors } = await mutate(server, by.key, name, { id }, selection);
        answers.push(JSON.stringify({ payload, errors: errors.map((error) => ({ ...error, requestId: "R" })) }).replaceAll(id, "ID"));
      }
    }
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toContain(`"message":"Invitation not found"`);
  }
  expect(await invitationsOf(other)).toMatchObject([{ id: theirs }]);
});

test("A project has at most 100 open invitations: one more is QUOTA_EXCEEDED, even at the same moment, and renewing one is not.", async () => {
  await createProject(server, owner.key, { id: "full" });
  const add = (number: number) =>
    mutate(
      server,
      owner.key,
      "addProjectMember",
      { projectId: "full", email: `full${number}@example.com`, role: "VIEWER" },
      "invitation { id }",
    );
  for (let number = 0; number < 95; number += 1) await add(number);
  const last = await Promise.all(Array.from({ length: 10 }, (_, number) => add(95 + number)));

  expect(last.filter(({ payload }) => payload !== null)).toHaveLength(5);
  expect(last.flatMap(({ errors }) => errors)).toMatchObject(
    Array(5).fill({ code: "RATE_LIMITED", reason: "QUOTA_EXCEEDED", status: 429, projectId: "full", limit: 100 }),
  );
  expect((await add(0)).errors).toEqual([]);
  await change(server, owner.key, "removeProjectMember", { projectId: "full", email: "full0@example.com" }, "email");
  expect((await add(500)).errors).toEqual([]);
});

test("The own invitations are listed the newest first, in parts.", async () => {
  const user = await server.addUser();
  for (let number = 1; number <= 3; number += 1) {
    server.clock.advance(1_000);
    await createProject(server, owner.key, { id: `list${number}` });
    await invite(server, owner.key, { projectId: `list${number}`, email: user.email, role: "VIEWER" });
  }
  const list = async (args: string) =>
    (await read(server, user.key, `{ viewer { invitations${args} { project { id } } } }`)).viewer.invitations.map(
      ({ project }: { project: { id: string } }) => project.id,
    );

  expect(await list("")).toEqual(["list3", "list2", "list1"]);
  expect(await list("(limit: 1, offset: 1)")).toEqual(["list2"]);
  const { errors } = await run(server, user.key, "{ viewer { invitations(limit: 201, offset: -1) { id } } }");
  expect(errors).toMatchObject([
    { reason: "INVALID_PARAMETER", path: ["viewer", "invitations"], fields: [{ path: ["limit"] }, { path: ["offset"] }] },
  ]);
});

test("Invitations are read with projects:read, and inviting, answering and leaving need projects:write.", async () => {
  const user = await server.addUser();
  const [reads, writes] = [await server.addKey(user, ["projects:read"]), await server.addKey(user, ["projects:write"])];
  const ownersKey = await server.addKey(owner, ["projects:write"]);
  await createProject(server, owner.key, { id: "scoped" });
  const id = await invite(server, ownersKey, { projectId: "scoped", email: user.email, role: "VIEWER" });

  expect((await run(server, writes, OPEN)).errors).toMatchObject([{ reason: "INSUFFICIENT_SCOPE", requiredScope: "projects:read" }]);
  expect((await read(server, reads, OPEN)).viewer.invitations).toMatchObject([{ id }]);
  for (const [name, input] of [
    ["acceptInvitation", { id }],
    ["declineInvitation", { id }],
    ["leaveProject", { projectId: "scoped", ownerId: owner.id }],
  ] as const) {
    expect((await mutate(server, reads, name, input, "__typename")).errors).toMatchObject([{ requiredScope: "projects:write" }]);
  }
  await accept(server, writes, id);
  await change(server, writes, "leaveProject", { projectId: "scoped", ownerId: owner.id }, "projectId");
});
