import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createProject, uuid } from "../support/actions.js";
import { putBody, restClient } from "../support/rest.js";
import { startTestServer, type Answer, type TestServer, type TestUser } from "../support/server.js";

let server: TestServer;
let user: TestUser;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_REST: "100000/1h" });
  user = await server.addUser();
});
afterAll(() => server.close());

const SESSION = uuid(1);

const STRANGE: [string, string][] = [
  ["half an escape", "%"],
  ["an escape of no digits", "%zz"],
  ["bytes that are no UTF-8", "%ff%fe"],
  ["a character that breaks off", "%E0%A4%A"],
  ["half of a surrogate pair", "%ED%A0%80"],
  ["an escaped slash", "a%2Fb"],
  ["a way up", "..%2F..%2Fetc%2Fpasswd"],
  ["a slash that is escaped twice", "a%252Fb"],
  ["U+0000", "a%00b"],
  ["a line break", "a%0D%0Ab"],
  ["quotes", "%22'%60"],
  ["SQL", "';DROP%20TABLE%20%22Project%22;--"],
  ["emoji", "%F0%9F%98%80"],
  ["a byte order mark", "%EF%BB%BFx"],
  ["300 characters", "x".repeat(300)],
  ["300 emoji", "%F0%9F%98%80".repeat(300)],
  ["20,000 characters", "x".repeat(20_000)],
  ["a space", "%20"],
  ["__proto__", "__proto__"],
];

/** The answers to every way of reading or changing something that an id names. */
async function answersTo(projectId: string, sessionId: string): Promise<Answer[]> {
  const client = restClient(server, user.key);
  const session = `/projects/${projectId}/sessions/${sessionId}`;
  return [
    await client.get(session),
    await client.head(session),
    await client.delete(session),
    await client.get(`/projects/${projectId}/sessions`),
    await client.patch(`/projects/${projectId}`, { name: "N" }),
    await client.delete(`/projects/${projectId}`),
  ];
}

test.each(STRANGE)("A project id that is %s is 400 or 404, and no failure of the server.", async (_what, id) => {
  for (const { status, body } of await answersTo(id, SESSION)) {
    expect([400, 404]).toContain(status);
    if (body !== "") expect(body).toMatchObject({ success: false, error: { code: expect.any(String) } });
  }
  expect([200, 400]).toContain((await restClient(server, user.key).get(`/projects/${id}/sessions/sizes`)).status);
});

test.each(STRANGE)("A session id that is %s is 400 or 404, and nothing can be stored under it.", async (_what, id) => {
  await createProjectOnce();
  const client = restClient(server, user.key);
  const path = `/projects/app/sessions/${id}`;
  const answers = [await client.get(path), await client.head(path), await client.delete(path), await client.put(path, putBody())];
  expect(answers.map(({ status }) => [400, 404].includes(status))).toEqual([true, true, true, true]);
  expect((await client.get("/projects/app/sessions")).body.data.total).toBe(0);
});

let isCreated = false;
async function createProjectOnce(): Promise<void> {
  if (!isCreated) await createProject(server, user.key);
  isCreated = true;
}

test.each(["😀", "a/b", "a%2Fb", "100%", "%zz", "a b", "ä+ö", "?x=1#y", "'\"", ".hidden", "x".repeat(255)])(
  "A project id may be any text that is escaped in its path: %s.",
  async (id) => {
    const client = restClient(server, user.key);
    const number = 100 + Number((await client.get("/projects")).body.data.total);
    const path = `/projects/${encodeURIComponent(id)}`;
    const stored = await client.put(`${path}/sessions/${uuid(number)}`, putBody({ projectId: id }));
    expect([stored.status, stored.body.data]).toEqual([201, expect.objectContaining({ projectId: id })]);
    expect((await client.get(`${path}/sessions/${uuid(number)}`)).body.data.session).toMatchObject({ projectId: id, project: { id } });
    expect((await client.get(`${path}/sessions`)).body.data).toMatchObject({ projectId: id, total: 1 });
    expect((await client.delete(path)).body.data.deletedProject.id).toBe(id);
  },
);

test("A session id is the same in whatever case it is written.", async () => {
  const client = restClient(server, user.key);
  const id = "abcdefab-cdef-4abc-8def-abcdefabcdef";
  expect((await client.put(`/projects/cased/sessions/${id.toUpperCase()}`, putBody())).body.data.sessionId).toBe(id);
  expect((await client.get(`/projects/cased/sessions/${id.toUpperCase()}`)).body.data.session.id).toBe(id);
  expect((await client.put(`/projects/cased/sessions/${id}`, putBody())).status).toBe(200);
});
