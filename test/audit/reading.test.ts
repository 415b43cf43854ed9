import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { change, createProject, invite, read, run, save, share, uuid } from "../support/actions.js";
import { entriesOf } from "../support/audit.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

let server: TestServer;
let admin: TestUser;
let owner: TestUser;
let other: TestUser;
let key: string;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_GRAPHQL: "100000/1h" });
  [admin, owner, other] = [await server.addUser(), await server.addUser(), await server.addUser()];
  key = await server.addKey(owner, ["projects:read", "keys:manage"]);
  for (const user of [owner, other]) await createProject(server, user.key, { id: "app" });
  await share(server, owner.key, "app", other.email, "EDITOR");
  for (let number = 0; number < 5; number += 1) await save(server, owner.key, { id: uuid(number), projectId: "app" });
  await save(server, other.key, { id: uuid(9), projectId: "app" }); // the other's own project, which has the same id
});
afterAll(() => server.close());

const actions = async (...args: Parameters<typeof entriesOf>) => (await entriesOf(...args)).map(({ action }) => action);
const STORED = Array(5).fill("SESSION_CREATED");

test("The owner reads the entries of a project, the newest first, and those of one action.", async () => {
  expect(await actions(server, key, { projectId: "app" })).toEqual([...STORED, "MEMBER_JOINED", "MEMBER_INVITED", "PROJECT_CREATED"]);
  expect(await actions(server, key, { projectId: "app", action: "MEMBER_JOINED" })).toEqual(["MEMBER_JOINED"]);
  expect(await actions(server, key, { projectId: "app", action: "PROJECT_DELETED" })).toEqual([]);
});

test("Without a project the owner reads what concerns the own account and projects, and nothing foreign.", async () => {
  const entries = await entriesOf(server, key);

  expect(new Set(entries.map(({ ownerId }) => ownerId))).toEqual(new Set([owner.id]));
  expect(entries.map(({ action }) => action)).toEqual(
    expect.arrayContaining(["USER_CREATED", "KEY_CREATED", "PROJECT_CREATED", "SESSION_CREATED"]),
  );
});

test("An admin reads everything, and with a project id the entries of every project that has it.", async () => {
  const all = await entriesOf(server, admin.key);
  const ofProject = await entriesOf(server, admin.key, { projectId: "app" });

  expect(new Set(all.map(({ ownerId }) => ownerId))).toEqual(new Set([admin.id, owner.id, other.id]));
  expect(ofProject).toEqual(all.filter(({ projectId }) => projectId === "app"));
  expect(await actions(server, admin.key, { projectId: "app", action: "PROJECT_CREATED" })).toEqual(["PROJECT_CREATED", "PROJECT_CREATED"]);
  expect(await entriesOf(server, admin.key, { projectId: "nobody's" })).toEqual([]);
});

test.each([
  ["a foreign project", "foreign", "ACCESS_DENIED"],
  ["a missing project", "missing", "RESOURCE_NOT_FOUND"],
  ["a project in which one is an editor", "editing", "ACCESS_DENIED"],
])("The log of %s is refused as the project is, for every action.", async (_what, projectId, reason) => {
  if (projectId !== "missing") await createProject(server, other.key, { id: projectId });
  if (projectId === "editing") await share(server, other.key, "editing", owner.email, "EDITOR");
  const { data, errors } = await run(
    server,
    key,
    `{ a: auditLog(projectId: "${projectId}") { edges { cursor } } b: auditLog(projectId: "${projectId}", action: SESSION_CREATED) { edges { cursor } } }`,
  );

  expect(data).toEqual({ a: null, b: null });
  expect(errors).toMatchObject([
    { reason, projectId },
    { reason, projectId },
  ]);
});

test("Where foreign ids are concealed, the log of a foreign project answers as that of a missing one.", async () => {
  const concealing = await startTestServer({ CONCEAL_FORBIDDEN: "true" });
  const [one, two] = [await concealing.addUser(), await concealing.addUser()];
  await createProject(concealing, one.key, { id: "foreign" });
  const scoped = await concealing.addKey(two, ["projects:read"]);
  const ask = async (id: string) => {
    const { status, errors } = await run(concealing, scoped, `{ auditLog(projectId: "${id}") { edges { cursor } } }`);
    return JSON.stringify({ status, errors: errors.map((error) => ({ ...error, requestId: "" })) }).replaceAll(id, "ID");
  };
  const statements = (id: string) => concealing.statementsOf(() => ask(id));

  expect(await ask("foreign")).toEqual(await ask("missing"));
  expect(await statements("foreign")).toEqual(await statements("missing"));
  await concealing.close();
});

test("The former owner of a deleted project, and nobody else, reads what was done in it.", async () => {
  const member = await server.addUser();
  await createProject(server, owner.key, { id: "gone" });
  await share(server, owner.key, "gone", member.email, "EDITOR");
  await save(server, member.key, { id: uuid(20), projectId: "gone" });
  await change(server, owner.key, "deleteProject", { id: "gone" }, "deletedAt");
  const memberKey = await server.addKey(member, ["projects:read"]);

  expect(await actions(server, key, { projectId: "gone" })).toEqual([
    ...["PROJECT_DELETED", "SESSION_CREATED", "MEMBER_JOINED", "MEMBER_INVITED", "PROJECT_CREATED"],
  ]);
  expect(await actions(server, key, { projectId: "gone", action: "KEY_CREATED" })).toEqual([]);
  const { errors } = await run(server, memberKey, `{ auditLog(projectId: "gone") { edges { cursor } } }`);
  expect(errors).toMatchObject([{ reason: "RESOURCE_NOT_FOUND" }]);
});

test("A project needs projects:read; without one the list tells of keys, and needs keys:manage too.", async () => {
  const ask = async (scopes: Parameters<TestServer["addKey"]>[1], args = "") =>
    (await run(server, await server.addKey(owner, scopes), `{ auditLog${args} { edges { cursor } } }`)).errors;

  expect(await ask(["projects:read"], `(projectId: "app")`)).toEqual([]);
  expect(await ask(["projects:read"])).toMatchObject([{ reason: "INSUFFICIENT_SCOPE", requiredScope: "keys:manage" }]);
  expect(await ask(["sessions:read", "sessions:write", "keys:manage"])).toMatchObject([{ requiredScope: "projects:read" }]);
  expect(await ask(["sessions:read", "keys:manage"], `(projectId: "app")`)).toMatchObject([{ requiredScope: "projects:read" }]);
  expect(await ask(["admin"])).toEqual([]);
});

const PAGE = "edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";
type Page = {
  edges: { cursor: string; node: { id: string } }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string };
};

async function walk(asker: string, args: string, isBackwards: boolean): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | null = null, hasMore = true; hasMore;) {
    const query = isBackwards
      ? `query ($cursor: String) { auditLog(last: 3, before: $cursor ${args}) { ${PAGE} } }`
      : `query ($cursor: String) { auditLog(first: 3, after: $cursor ${args}) { ${PAGE} } }`;
    const { edges, pageInfo }: Page = (await read(server, asker, query, { cursor })).auditLog;
    const page = edges.map(({ node }) => node.id);
    if (isBackwards) ids.unshift(...page);
    else ids.push(...page);
    cursor = isBackwards ? pageInfo.startCursor : pageInfo.endCursor;
    hasMore = isBackwards ? pageInfo.hasPreviousPage : pageInfo.hasNextPage;
  }
  return ids;
}

test.each([
  ["the owner", () => key, {}],
  ["the owner, of a project", () => key, { projectId: "app" }],
  ["the owner, of an action", () => key, { action: "SESSION_CREATED" }],
  ["an admin", () => admin.key, {}],
  ["an admin, of a project", () => admin.key, { projectId: "app" }],
  ["an admin, of an action of a project", () => admin.key, { projectId: "app", action: "SESSION_CREATED" }],
])(
  "Pages lead %s through the list once, forwards and backwards, also where all entries have the same time.",
  async (_who, asker, filter) => {
    const all = (await entriesOf(server, asker(), filter)).map(({ id }) => id);
    const args = Object.entries(filter)
      .map(([name, value]) => `${name}: ${name === "action" ? value : JSON.stringify(value)}`)
      .join(", ");

    expect(all.length).toBeGreaterThan(5);
    expect(await walk(asker(), args, false)).toEqual(all);
    expect(await walk(asker(), args, true)).toEqual(all);
  },
);

test("Pages stay in their place while entries are added, and a cursor holds no internal key.", async () => {
  const first: Page = (await read(server, key, `{ auditLog(first: 2, projectId: "app") { ${PAGE} } }`)).auditLog;
  await invite(server, owner.key, { projectId: "app", email: "later@example.com", role: "VIEWER" });
  const query = `query ($cursor: String) { auditLog(first: 2, after: $cursor, projectId: "app") { ${PAGE} } }`;
  const second: Page = (await read(server, key, query, { cursor: first.pageInfo.endCursor })).auditLog;
  const all = await entriesOf(server, key, { projectId: "app" });

  expect([...first.edges, ...second.edges].map(({ node }) => node.id)).toEqual(all.slice(1, 5).map(({ id }) => id));
  expect(JSON.parse(Buffer.from(first.edges[0]?.cursor ?? "", "base64url").toString())).toEqual([all[1]?.at, all[1]?.id]);
});

test("Bad arguments are all named at once.", async () => {
  const { errors } = await run(server, key, `{ auditLog(first: 201, after: "x", projectId: "") { edges { cursor } } }`);
  const fields = errors[0]?.fields as { path: string[] }[];

  expect(fields.map(({ path }) => path.join("."))).toEqual(expect.arrayContaining(["first", "after", "projectId"]));
});

test("A list among many entries, of the same owner and of others, reads few more than it shows, whatever is asked for.", async () => {
  await server.sql({
    text: `INSERT INTO "AuditEntry" ("at", "action", "ownerId", "projectId")
      SELECT $1::timestamptz + n * interval '1 ms', CASE n % 50 WHEN 0 THEN 'PROJECT_CHANGED' ELSE 'SESSION_CHANGED' END,
        CASE n % 2 WHEN 0 THEN $2::uuid ELSE ('00000000-0000-4000-8000-' || lpad((n % 40)::text, 12, '0'))::uuid END, 'p' || n % 100
      FROM generate_series(1, 20000) n`,
    values: [server.clock.now(), owner.id],
  });
  await server.sql({ text: `ANALYZE "AuditEntry"`, values: [] });
  for (const [asker, filter] of [
    [key, ""],
    [key, `(projectId: "app")`],
    [key, "(action: SESSION_CREATED)"],
    [key, `(projectId: "app", action: SESSION_CREATED)`],
    [admin.key, ""],
    [admin.key, `(projectId: "app")`],
    [admin.key, "(action: SESSION_CREATED)"],
    [admin.key, `(projectId: "p1", action: PROJECT_CHANGED)`],
  ] as const) {
    const [text = ""] = await server.statementsOf(() => read(server, asker, `{ auditLog${filter} { edges { cursor } } }`));
    const plan = await explain(text);
    expect({ filter, plan: plan.filter((line) => /Seq Scan|Rows Removed by Filter: \d{3}|actual time=\S+ rows=\d{3}/.test(line)) }).toEqual(
      {
        filter,
        plan: [],
      },
    );
  }
});

/** The plan of a listing with values of its parameters, whose order is that of their first use. */
async function explain(text: string): Promise<string[]> {
  const values = text
    .replaceAll(/\$\d+::text/g, "'app'")
    .replaceAll(/\$\d+::uuid/g, `'${owner.id}'`)
    .replaceAll(/\$\d+/g, "21");
  const rows = await server.sql<{ "QUERY PLAN": string }>({ text: `EXPLAIN (ANALYZE) ${values}`, values: [] });
  return rows.map((row) => row["QUERY PLAN"]);
}
