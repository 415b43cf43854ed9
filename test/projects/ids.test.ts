import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { change, mutate, read, run, save } from "../support/actions.js";
import { startTestServer, type TestServer } from "../support/server.js";

/** For the titles of tests. */
const named = (ids: readonly string[]) =>
  ids.map((id) => [id.length > 40 ? `of ${id.length} × "${id.slice(0, 2)}"` : JSON.stringify(id), id]);

const GOOD_IDS = [
  "a/b/../c?d=e#f",
  `it's "quoted" \\ \`back\``,
  "🦕 dinosaur 日本",
  "%00%2f {curly} $1 ${x}",
  '\'; DROP TABLE "Project"; --',
  "__proto__",
  "NULL",
  " leading and trailing ",
  "x".repeat(255),
  "🦕".repeat(255),
];
const BAD_IDS = ["", "x".repeat(256), "🦕".repeat(256), "a\u0000b", "a\u0007b", "line\nbreak", "\ud83e", "\udd95x", "\ufeffx"];

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer();
  key = (await server.addUser()).key;
});
afterAll(() => server.close());

test.each(named(GOOD_IDS))(
  "The project id %s can be made, read, listed, changed, written to, filtered by and deleted.",
  async (_name, id) => {
    const { project } = await change(server, key, "createProject", { id, name: "Odd" }, "project { id }");
    const session = await save(server, key, { projectId: id });
    const found = await read(
      server,
      key,
      `query ($id: ID!, $session: ID!) {
      project(id: $id) { id sessions { id } }
      projects { id }
      sessions(filters: { projectId: $id }) { id projectId project { id } }
      session(id: $session, projectId: $id) { id }
    }`,
      { id, session: session.id },
    );
    const renamed = await change(server, key, "updateProject", { id, name: "Renamed" }, "project { id name }");
    const gone = await change(server, key, "deleteProject", { id }, "deletedProject { id }");

    expect(project.id).toBe(id);
    expect(found).toEqual({
      project: { id, sessions: [{ id: session.id }] },
      projects: [{ id }],
      sessions: [{ id: session.id, projectId: id, project: { id } }],
      session: { id: session.id },
    });
    expect(renamed.project).toEqual({ id, name: "Renamed" });
    expect(gone.deletedProject.id).toBe(id);
    expect((await run(server, key, `query ($id: ID!) { project(id: $id) { id } }`, { id })).errors).toMatchObject([
      { reason: "RESOURCE_NOT_FOUND", projectId: expect.stringContaining(id.slice(0, 200)) },
    ]);
  },
);

test.each(named(BAD_IDS))("The project id %s is a VALIDATION_ERROR that names the field, wherever it is given.", async (_name, id) => {
  const inInput = (name: string, path: string[], input: object, selection: string) => async () => {
    const { errors } = await mutate(server, key, name, input as Record<string, unknown>, selection);
    expect(errors).toMatchObject([{ code: "VALIDATION_ERROR", fields: [{ path: ["input", ...path] }] }]);
  };
  const asked = await run(server, key, `query ($id: ID!) { project(id: $id) { id } }`, { id });

  expect(asked.data).toEqual({ project: null });
  expect(asked.errors).toMatchObject([{ code: "VALIDATION_ERROR", fields: [{ path: ["id"] }] }]);
  await inInput("createProject", ["id"], { id, name: "X" }, "project { id }")();
  await inInput("updateProject", ["id"], { id, name: "X" }, "project { id }")();
  await inInput("deleteProject", ["id"], { id }, "deletedAt")();
  await inInput("saveSession", ["projectId"], { projectId: id, name: "X", markdown: "" }, "created")();
});
