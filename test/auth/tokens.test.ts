import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { rejectionOf } from "../support/rejection.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

const HOUR = 3_600_000;

let server: TestServer;
let user: TestUser;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_AUTH_FAILURES: "1000/1m" });
  user = await server.addUser();
});
afterAll(() => server.close());

const askWith = (authorization: string, query = "{ __typename }") => server.query(null, query, undefined, { authorization });
const CREATE_KEY = `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { key apiKey { id } } }`;
const REVOKE = "mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { revokedAt } } }";

async function createKey(expiresAt: Date | null = null): Promise<{ key: string; id: string }> {
  const { body } = await server.query(user.key, CREATE_KEY, { input: { name: "k", scopes: ["PROJECTS_READ"], expiresAt } });
  return { key: body.data.createApiKey.key, id: body.data.createApiKey.apiKey.id };
}

test.each(["Bearer", "bearer", "BEARER"])("A key is accepted with the scheme %s, in whatever case.", async (scheme) => {
  expect((await askWith(`${scheme} ${user.key}`, "{ viewer { email } }")).body).toEqual({ data: { viewer: { email: user.email } } });
});

test.each([
  ["no key of ours", "Bearer bks_live_0000000000000000000000000000000000000000000"],
  ["no key at all", "Bearer"],
  ["two words", "Bearer bks_live_a b"],
  ["a character that no key has", "Bearer bks_live_é"],
  ["longer than any key", `Bearer ${"x".repeat(5_000)}`],
  ["tsquery and SQL", "Bearer ')--&|!"],
])("A Bearer token that is %s is INVALID_TOKEN, and the challenge says so.", async (_what, authorization) => {
  const answer = await askWith(authorization);
  expect(rejectionOf(answer)).toMatchObject({ http: 401, status: 401, code: "UNAUTHENTICATED", reason: "INVALID_TOKEN", retryable: false });
  expect(answer.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
});

test.each(["Basic dXNlcjpwYXNz", "Token abc", "ApiKey x"])("Another scheme is INVALID_CREDENTIALS: %s.", async (authorization) => {
  const answer = await askWith(authorization);
  expect(rejectionOf(answer)).toMatchObject({ http: 401, code: "UNAUTHENTICATED", reason: "INVALID_CREDENTIALS" });
  expect(answer.headers.get("www-authenticate")).toBe("Bearer");
});

test("A key without its scheme is INVALID_CREDENTIALS, and is not repeated in the answer.", async () => {
  const answer = await askWith(user.key);
  expect(rejectionOf(answer).reason).toBe("INVALID_CREDENTIALS");
  expect(JSON.stringify(answer.body)).not.toContain(user.key);
});

test.each([
  ["introspection", "{ __schema { queryType { name } } }"],
  ["the catalogue", "{ errorCatalog { code } }"],
  ["a document that does not parse", "{"],
])("An invalid token rejects the whole request, even for %s.", async (_what, query) => {
  for (const accept of ["application/json", "application/graphql-response+json"]) {
    const answer = await server.query("wrong", query, undefined, { accept });
    expect(rejectionOf(answer)).toMatchObject({ http: 401, reason: "INVALID_TOKEN" });
  }
});

test("An invalid token rejects a batch as a whole, with one error.", async () => {
  const answer = await server.send("/api/v1/graphql", {
    method: "POST",
    headers: { authorization: "Bearer wrong", "content-type": "application/json" },
    body: '[{"query":"{ __typename }"},{"query":"{ __typename }"}]',
  });
  expect(rejectionOf(answer)).toMatchObject({ http: 401, reason: "INVALID_TOKEN" });
});

test("An invalid token is rejected before the body is looked at.", async () => {
  const answer = await server.send("/api/v1/graphql", { method: "POST", headers: { authorization: "Bearer wrong" }, body: "{" });
  expect(rejectionOf(answer)).toMatchObject({ http: 401, reason: "INVALID_TOKEN" });
});

test("A key works until the moment it expires, and not from then on.", async () => {
  const { key } = await createKey(new Date(server.clock.now().getTime() + HOUR));
  server.clock.advance(HOUR - 1);
  expect((await server.query(key, "{ projects { id } }")).status).toBe(200);
  server.clock.advance(1);
  expect(rejectionOf(await server.query(key, "{ projects { id } }"))).toMatchObject({ http: 401, reason: "INVALID_TOKEN" });
});

test("A revoked key stops working at once, and no other key does.", async () => {
  const [gone, kept] = [await createKey(), await createKey()];
  expect((await server.query(gone.key, "{ __typename }")).status).toBe(200);
  await server.query(user.key, REVOKE, { id: gone.id });
  expect(rejectionOf(await server.query(gone.key, "{ __typename }"))).toMatchObject({ http: 401, reason: "INVALID_TOKEN" });
  expect((await server.query(kept.key, "{ __typename }")).status).toBe(200);
});

test("A key that revokes itself has done so when it is told.", async () => {
  server.clock.advance(1);
  const key = await server.addKey(user, ["keys:manage"]);
  const { body } = await server.query(key, "{ viewer { apiKeys { id } } }");
  const { status } = await server.query(key, REVOKE, { id: body.data.viewer.apiKeys[0].id });
  expect(status).toBe(200);
  expect((await server.query(key, "{ __typename }")).status).toBe(401);
});

test("Of a hundred requests at once with three keys, those with the revoked one fail and each other acts for its own user.", async () => {
  const [first, second, third] = [await server.addUser(), await server.addUser(), await server.addUser()];
  const { body } = await server.query(second.key, "{ viewer { apiKeys { id } } }");
  await server.query(second.key, REVOKE, { id: body.data.viewer.apiKeys[0].id });
  const users = Array.from({ length: 100 }, (_, index) => [first, second, third][index % 3] ?? first);
  const answers = await Promise.all(users.map(({ key }) => server.query(key, "{ viewer { email } }")));
  answers.forEach((answer, index) => {
    const asking = users[index];
    if (asking === second) expect(rejectionOf(answer)).toMatchObject({ http: 401, reason: "INVALID_TOKEN" });
    else expect(answer.body).toEqual({ data: { viewer: { email: asking?.email } } });
  });
});

test("A key that is revoked while many requests with it are under way works for none that comes after.", async () => {
  const { key, id } = await createKey();
  const before = Array.from({ length: 50 }, () => server.query(key, "{ __typename }"));
  const revoking = server.query(user.key, REVOKE, { id });
  const answers = await Promise.all(before);
  expect(answers.every(({ status }) => status === 200 || status === 401)).toBe(true);
  await revoking;
  const after = await Promise.all(Array.from({ length: 50 }, () => server.query(key, "{ __typename }")));
  expect(after.map(({ status }) => status)).toEqual(after.map(() => 401));
});

test("A missing scope fails its field with the scope's name, and the answer is 200 with the others' data.", async () => {
  const key = await server.addKey(user, ["projects:read"]);
  const { status, headers, body } = await server.query(key, "{ projects { id } sessions { id } }");
  expect([status, headers.get("www-authenticate")]).toEqual([200, null]);
  expect(body.data).toEqual({ projects: [], sessions: null });
  expect(body.errors).toMatchObject([
    {
      path: ["sessions"],
      locations: [{ line: 1, column: 19 }],
      extensions: { code: "FORBIDDEN", reason: "INSUFFICIENT_SCOPE", status: 403, requiredScope: "sessions:read" },
    },
  ]);
});

test("An operation that fails for its scope only is still answered with 200 and null data.", async () => {
  const key = await server.addKey(user, ["projects:read"]);
  const { status, body } = await server.query(key, "{ sessions { id } }");
  expect([status, body.data]).toEqual([200, { sessions: null }]);
});

test("Only a hash of a key is stored.", async () => {
  const { key } = await createKey();
  const rows = await server.prisma.$queryRaw<{ text: string }[]>`SELECT row_to_json("ApiKey")::text AS "text" FROM "ApiKey"`;
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.some(({ text }) => text.includes(key) || text.includes(key.slice("bks_live_".length)))).toBe(false);
  expect(key).toMatch(/^bks_live_[0-9A-Za-z]{43}$/);
});
