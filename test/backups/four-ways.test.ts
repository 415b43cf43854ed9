import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { answersOf, clientOf, KEY, KINDS, newDatabase, rowsOf } from "../support/backups.js";
import { longText } from "../support/long-texts.js";
import { uuid } from "../support/actions.js";

const undo: (() => Promise<void>)[] = [];
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "backstory-backups-"));
});
afterAll(async () => {
  for (const each of undo.reverse()) await each();
  await rm(folder, { recursive: true });
});

/** The queries ask for every field, which is more than an operation may cost. */
const SETTINGS = { MAX_COMPLEXITY: "1000000" };

const TEXTS: readonly string[] = [
  "",
  "plain hello",
  'quotes " and \\ and \\n and \\u0000 and / and \r\n\t\b\f',
  "\u0000\u0001\u0002\u001b\u007f hello",
  "\uFEFFmark, \u2028 and é 😀 hello",
  longText("🦕\u0000"),
];

/** Two users who share projects, with every kind of row that a database can have. Returns the keys that read it. */
async function fill(url: string): Promise<string[]> {
  const owner = clientOf(url);
  for (const [index, text] of TEXTS.entries()) {
    const sessionData = index % 2 === 0 ? { sessionData: JSON.stringify({ text: text.slice(0, 100) }) } : {};
    await owner.put(uuid(index + 1), { name: `Session ${index} 😀 \\ "`, markdown: text, rawData: text, ...sessionData });
  }
  await owner.put(uuid(1), { name: "Replaced", markdown: "hello again", rawData: longText("a") });
  const metadata = { tags: ["a,b", '"{', "é"], llmModels: ["opus"], gitBranches: [], clientName: "null", deviceId: "\\N" };
  await owner.mutate(
    "saveSession",
    { projectId: "ärger/%", id: uuid(20), name: "metadata", markdown: "# hello", startedAt: "2026-01-01T00:00:00.123Z", metadata },
    "created",
  );
  await owner.put(uuid(30), {}, "deleted");
  await owner.mutate("deleteProject", { id: "deleted" }, "deletedAt");
  const { user } = await owner.mutate("createUser", { email: "other@example.com" }, "user { id }");
  const made = await owner.mutate(
    "createApiKey",
    { name: "other", userId: user.id, scopes: ["PROJECTS_READ", "SESSIONS_READ", "PROJECTS_WRITE", "SESSIONS_WRITE", "KEYS_MANAGE"] },
    "key",
  );
  const revoked = await owner.mutate(
    "createApiKey",
    { name: "revoked", scopes: ["SESSIONS_READ"], rateLimit: "5/1h", expiresAt: "2090-01-01T00:00:00Z" },
    "apiKey { id }",
  );
  await owner.mutate("revokeApiKey", { id: revoked.apiKey.id }, "apiKey { id }");
  const other = clientOf(url, made.key);
  await other.put(uuid(1), { name: "The same id of another user", markdown: "theirs" });
  const invite = async (email: string, role: string) =>
    (await owner.mutate("addProjectMember", { projectId: "ärger/%", email, role }, "invitation { id }")).invitation.id;
  await other.mutate("acceptInvitation", { id: await invite("other@example.com", "EDITOR") }, "role");
  await invite("nobody@example.com", "VIEWER");
  await owner.query("mutation { createDeviceCode { code } }");
  await owner.send("POST", "/device-refresh", {});
  return [KEY, made.key];
}

/** Every backup that is made is recorded in the database. */
function withoutBackups({ AuditEntry: entries = {}, ...tables }: Awaited<ReturnType<typeof rowsOf>>): Awaited<ReturnType<typeof rowsOf>> {
  const kept = Object.entries(entries).filter(([, row]) => !JSON.stringify(row).includes("BACKUP_MADE"));
  return { AuditEntry: Object.fromEntries(kept), ...tables };
}

test(`Everything that a server answers, and every row, is the same after a backup and a restore, from each kind of database to each (${KINDS.join(", ")}).`, async () => {
  const first = await newDatabase("embedded", undo, SETTINGS);
  const filled = await first.serve();
  const keys = await fill(filled.url);
  const answers = await answersOf(filled.url, keys);
  await filled.kill("SIGTERM");
  expect(Object.keys(answers).length).toBeGreaterThan(60);
  let from = { cli: first, file: join(folder, "first.gz") };
  expect(await first.backstory(["backup", from.file])).toMatchObject({ code: 0, stderr: "" });
  const rows = withoutBackups(await rowsOf(from.file));
  const models = [...(await readFile("prisma/schema.prisma", "utf8")).matchAll(/^model (\w+)/gm)].map(([, name]) => name);
  expect(Object.keys(rows).sort()).toEqual(models.sort());

  for (const kind of KINDS.length === 1 ? (["embedded"] as const) : (["postgres", "postgres", "embedded", "embedded"] as const)) {
    const cli = await newDatabase(kind, undo, SETTINGS);
    expect(await cli.backstory(["restore", from.file])).toMatchObject({ code: 0, stderr: "" });
    const file = join(folder, `${kind}-${undo.length}.gz`);
    expect(await cli.backstory(["backup", file])).toMatchObject({ code: 0 });
    expect(withoutBackups(await rowsOf(file))).toEqual(rows);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const server = await cli.serve();
    expect(await answersOf(server.url, keys)).toEqual(answers);
    const { query, put } = clientOf(server.url);
    await put(uuid(99), { markdown: "the sequences go on" }, "new");
    expect(await query(`{ project(id: "new") { sessionCount } }`)).toEqual({ project: { sessionCount: 1 } });
    await server.kill("SIGTERM");
    from = { cli, file };
  }
}, 400_000);
