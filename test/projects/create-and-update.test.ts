import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { change, createProject, mutate, read, save } from "../support/actions.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

const ICONS = "Code2 Terminal Bot Brain Sparkles Database GitBranch Bug FolderKanban Folder Files Library BookOpen Briefcase Package Layers AppWindow Rocket Palette Paintbrush PenTool Lightbulb BarChart3 Settings Globe"; // prettier-ignore
const COLORS = "rose pink orange amber emerald cyan blue purple slate gray";
const FIELDS = "id ownerId name icon color createdAt updatedAt lastActivity sessionCount storedBytes";

let server: TestServer;
let user: TestUser;
beforeAll(async () => {
  server = await startTestServer();
  user = await server.addUser();
});
afterAll(() => server.close());

test("A new project belongs to its maker and can be read back as it was given.", async () => {
  const input = { id: "833c-d926-f753-7b4a", name: "Checkout", icon: "Rocket", color: "emerald" };
  const { project } = await change(server, user.key, "createProject", input, `project { ${FIELDS} }`);

  const now = server.clock.now().toISOString();
  expect(project).toEqual({
    ...input,
    ownerId: user.id,
    createdAt: now,
    updatedAt: now,
    lastActivity: null,
    sessionCount: 0,
    storedBytes: 0,
  });
  expect(await read(server, user.key, `{ project(id: "${input.id}") { ${FIELDS} } }`)).toEqual({ project });
});

test("A project without an id is given a UUID, and without an icon and colour has Code2 and blue, also where they are null.", async () => {
  const { project } = await change(server, user.key, "createProject", { name: "Unnamed" }, "project { id icon color }");
  const other = await createProject(server, user.key, { id: "nulls", icon: null, color: null });
  await save(server, user.key, { projectId: "by-session" });

  expect(project).toMatchObject({ icon: "Code2", color: "blue" });
  expect(other).toMatchObject({ icon: "Code2", color: "blue" });
  expect(await read(server, user.key, `{ project(id: "by-session") { icon color } }`)).toEqual({
    project: { icon: "Code2", color: "blue" },
  });
  expect(project.id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
});

test("An id that the caller has already is a CONFLICT that names it and leaves the project as it was.", async () => {
  await createProject(server, user.key, { id: "twice", name: "First" });

  const { payload, errors } = await mutate(server, user.key, "createProject", { id: "twice", name: "Second" }, "project { id }");

  expect(payload).toBeNull();
  expect(errors).toMatchObject([{ code: "CONFLICT", reason: "RESOURCE_CONFLICT", status: 409, projectId: "twice" }]);
  expect(await read(server, user.key, `{ project(id: "twice") { name } }`)).toEqual({ project: { name: "First" } });
});

test("Of twenty creations of one id at the same time exactly one succeeds and the others are CONFLICTs.", async () => {
  const all = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      mutate(server, user.key, "createProject", { id: "raced", name: `N${index}` }, "project { name }"),
    ),
  );

  expect(all.filter(({ payload }) => payload !== null)).toHaveLength(1);
  expect(all.flatMap(({ errors }) => errors.map(({ reason }) => reason))).toEqual(Array(19).fill("RESOURCE_CONFLICT"));
});

test("An update changes what it names, gives the default to an icon or colour that it sets to null, and leaves the rest.", async () => {
  const before = await createProject(server, user.key, { id: "changing", name: "Old", icon: "Bug", color: "rose" });
  server.clock.advance(1_500);

  const update = (input: object) => change(server, user.key, "updateProject", { id: "changing", ...input }, `project { ${FIELDS} }`);
  const renamed = (await update({ name: "New" })).project;
  const plain = (await update({ icon: null })).project;
  const pink = (await update({ color: "pink" })).project;
  const blue = (await update({ color: null })).project;

  expect(renamed).toMatchObject({ name: "New", icon: "Bug", color: "rose", createdAt: before.createdAt });
  expect(Date.parse(renamed.updatedAt) - Date.parse(before.updatedAt)).toBe(1_500);
  expect(plain).toMatchObject({ name: "New", icon: "Code2", color: "rose" });
  expect(pink).toMatchObject({ name: "New", icon: "Code2", color: "pink" });
  expect(blue).toMatchObject({ name: "New", icon: "Code2", color: "blue" });
});

test("Every icon and colour of these lists is accepted, and no other value.", async () => {
  await createProject(server, user.key, { id: "looks" });
  const looks = [...ICONS.split(" ").map((icon) => ({ icon })), ...COLORS.split(" ").map((color) => ({ color }))];
  const good = await Promise.all(
    looks.map((look) => mutate(server, user.key, "updateProject", { id: "looks", ...look }, "project { icon color }")),
  );
  const bad = await Promise.all(
    [{ icon: "rocket" }, { icon: "" }, { icon: "Code" }, { color: "red" }, { color: "Rose" }].map((look) =>
      mutate(server, user.key, "updateProject", { id: "looks", ...look }, "project { id }"),
    ),
  );

  expect(good.filter(({ errors }) => errors.length > 0)).toEqual([]);
  expect(good.map(({ payload }) => payload.project)).toMatchObject(looks);
  expect(bad.map(({ errors }) => errors[0]?.reason)).toEqual(Array(5).fill("INVALID_PARAMETER"));
});

test("All bad fields of an input are listed at once, each with its path, reason and message.", async () => {
  const input = { id: "", name: " \t ", icon: "Skull", color: "red" };
  const { payload, errors } = await mutate(server, user.key, "createProject", input, "project { id }");

  expect(payload).toBeNull();
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatchObject({ code: "VALIDATION_ERROR", reason: "INVALID_PARAMETER", status: 400, path: ["createProject"] });
  expect(errors[0]?.fields).toEqual([
    { path: ["input", "id"], reason: "INVALID_PARAMETER", message: "input.id: must not be empty" },
    { path: ["input", "name"], reason: "INVALID_PARAMETER", message: "input.name: must not be blank" },
    { path: ["input", "icon"], reason: "INVALID_PARAMETER", message: expect.stringContaining("Globe") },
    { path: ["input", "color"], reason: "INVALID_PARAMETER", message: expect.stringContaining("rose") },
  ]);
});

test("An update that would change nothing misses a field, and a name cannot be taken away.", async () => {
  await createProject(server, user.key, { id: "same" });

  const nothing = await mutate(server, user.key, "updateProject", { id: "same" }, "project { id }");
  const noName = await mutate(server, user.key, "updateProject", { id: "same", name: null }, "project { id }");

  expect(nothing.errors).toMatchObject([{ reason: "MISSING_REQUIRED_FIELD", fields: [{ path: ["input", "name"] }] }]);
  expect(noName.errors).toMatchObject([{ reason: "INVALID_FORMAT", fields: [{ path: ["input", "name"] }] }]);
});

test("A name has 1 to 255 characters as people count them, and any of them but U+0000 and half a surrogate pair.", async () => {
  const names = ["x", "x".repeat(255), "🦕".repeat(255), `O'Brien "the" <b>\\ %_; DROP TABLE`, "日本語\n\u0001"];
  const bad = ["", "   ", "x".repeat(256), "🦕".repeat(256), "a\u0000b", "a\ud800b", "\udc00"];

  for (const name of names) expect((await createProject(server, user.key, { id: undefined, name })).name).toBe(name);
  for (const name of bad) {
    const { errors } = await mutate(server, user.key, "createProject", { name }, "project { id }");
    expect(errors).toMatchObject([{ code: "VALIDATION_ERROR", fields: [{ path: ["input", "name"] }] }]);
  }
});

test("A missing project cannot be read, updated or deleted: NOT_FOUND, naming the id.", async () => {
  const notFound = [{ code: "NOT_FOUND", reason: "RESOURCE_NOT_FOUND", status: 404, projectId: "none", message: "Project not found" }];

  expect((await server.query(user.key, `{ project(id: "none") { id } }`)).body.errors).toMatchObject([
    { message: "Project not found", path: ["project"], extensions: { reason: "RESOURCE_NOT_FOUND", projectId: "none" } },
  ]);
  expect((await mutate(server, user.key, "updateProject", { id: "none", name: "X" }, "project { id }")).errors).toMatchObject(notFound);
  expect((await mutate(server, user.key, "deleteProject", { id: "none" }, "deletedAt")).errors).toMatchObject(notFound);
});
