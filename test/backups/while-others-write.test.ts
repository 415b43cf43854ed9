import { randomBytes, randomUUID } from "node:crypto";
import { readFile, writeFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constants, gunzipSync } from "node:zlib";
import { PGlite } from "@electric-sql/pglite";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { openBackup } from "../../src/db/backup/read-backup.js";
import { restoreInto } from "../../src/db/backup/restore.js";
import type { SqlConnection } from "../../src/db/migrate.js";
import { change, createProject, save, share, uuid } from "../support/actions.js";
import { rowsOf } from "../support/backups.js";
import { longText } from "../support/long-texts.js";
import { CLIENT, startTestServer, type TestServer, type TestUser } from "../support/server.js";

let server: TestServer;
let user: TestUser;
let folder: string;
beforeAll(async () => {
  server = await startTestServer();
  user = await server.addUser();
  folder = await mkdtemp(join(tmpdir(), "backstory-backups-"));
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

function ask(key = user.key): Promise<Response> {
  const headers = { authorization: `Bearer ${key}` };
  return server.fetch(new Request("http://backstory.test/api/v1/admin/backup", { method: "POST", headers }), CLIENT);
}

/** Takes a backup piece by piece, and does something after each piece. */
async function takeWhile(act: () => Promise<unknown>): Promise<Buffer> {
  const { body } = await ask();
  const pieces: Uint8Array[] = [];
  for await (const piece of body as unknown as AsyncIterable<Uint8Array>) {
    pieces.push(piece);
    await act();
  }
  return Buffer.concat(pieces);
}

/** Restores a backup into a new embedded database, and looks into it. */
async function restored<T>(backup: Buffer, look: (connection: SqlConnection) => Promise<T>): Promise<T> {
  const image = await readFile(join(process.env.TEST_FOLDER ?? "", "image.tar"));
  const pglite = await PGlite.create({ loadDataDir: new Blob([image]) });
  const connection: SqlConnection = {
    query: async (sql, values = []) => (await pglite.query<Record<string, unknown>>(sql, [...values])).rows,
    script: async (sql) => {
      await pglite.exec(sql);
    },
  };
  async function* once() {
    yield await Promise.resolve(backup);
  }
  try {
    await restoreInto(connection, { backup: await openBackup(once()), isReplacing: false });
    return await look(connection);
  } finally {
    await pglite.close();
  }
}

test("A backup that is taken while sessions are created, replaced, moved and deleted is one state of the database: nothing refers to what is missing, counts agree, and what was stored before is there.", async () => {
  const other = await server.addUser();
  await createProject(server, user.key, { id: "shared" });
  await share(server, user.key, "shared", other.email, "EDITOR");
  const long = longText("é");
  for (let number = 1; number <= 24; number += 1) await save(server, user.key, { id: uuid(number), markdown: `${number} ${long}` });
  await save(server, user.key, { id: uuid(90), markdown: "was there before" });

  const acted = { turns: 0 };
  async function act() {
    const turn = (acted.turns += 1);
    if (turn % 3 !== 0) return;
    await save(server, user.key, { id: randomUUID(), projectId: `new-${turn}`, markdown: `new ${turn}` });
    await save(server, user.key, { id: uuid(1 + (turn % 24)), markdown: `replaced ${turn} ${turn % 2 === 0 ? long : ""}` });
    if (turn % 9 === 0) await change(server, user.key, "deleteSession", { projectId: "app", id: uuid(1 + (turn % 24)) }, "id");
    if (turn % 15 === 0) await change(server, user.key, "deleteProject", { id: `new-${turn - 12}` }, "deletedAt");
    await save(server, other.key, { id: uuid(500 + (turn % 2)), projectId: "shared", markdown: `shared ${turn}` });
  }
  const backup = await takeWhile(act);
  expect(acted.turns).toBeGreaterThan(20);

  await restored(backup, async ({ query }) => {
    const rows = await query(`SELECT c."markdown" FROM "Session" s JOIN "SessionContent" c ON c."sessionKey" = s."key" WHERE s."id" = $1`, [
      uuid(90),
    ]);
    expect(rows).toEqual([{ markdown: "was there before" }]);
    const wrong = await query(
      `SELECT p."id" FROM "Project" p WHERE p."sessionCount" <> (SELECT count(*) FROM "Session" s WHERE s."projectKey" = p."key")`,
    );
    expect(wrong).toEqual([]);
    const torn = await query(`SELECT s."id" FROM "Session" s JOIN "SessionContent" c ON c."sessionKey" = s."key"
      WHERE c."markdownParts" = 0 AND octet_length(c."markdown") <> s."markdownSize"
        OR c."markdownParts" <> (SELECT count(*) FROM "SessionContentPart" p WHERE p."sessionKey" = s."key" AND p."content" = 'markdown')`);
    expect(torn).toEqual([]);
    const contents = await query(
      `SELECT (SELECT count(*) FROM "Session")::int AS "sessions", (SELECT count(*) FROM "SessionContent")::int AS "contents", (SELECT count(*) FROM "SessionSearch")::int AS "searches"`,
    );
    const { sessions } = contents[0] as { sessions: number };
    expect(contents).toEqual([{ sessions, contents: sessions, searches: sessions }]);
  });
});

test("What is written and deleted after its table was read is in the backup as it was at the end.", async () => {
  await save(server, user.key, { id: uuid(200), projectId: "late", markdown: "first" });
  await save(server, user.key, { id: uuid(201), projectId: "late", markdown: "to be deleted" });
  // So much follows the sessions, and cannot be compressed, that it is not read ahead.
  for (const number of [202, 203, 204, 205])
    await save(server, user.key, { id: uuid(number), markdown: randomBytes(1_400_000).toString("base64") });
  const pieces: Uint8Array[] = [];
  const { body } = await ask();
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  const read = async () => {
    const { done, value } = await reader.read();
    if (value !== undefined) pieces.push(value);
    return !done;
  };
  const soFar = () => gunzipSync(Buffer.concat(pieces), { finishFlush: constants.Z_SYNC_FLUSH }).toString();
  do await read();
  while (!soFar().includes(`["rows","SessionContent"]`));
  await save(server, user.key, { id: uuid(200), projectId: "late", markdown: "second" });
  await change(server, user.key, "deleteSession", { projectId: "late", id: uuid(201) }, "id");
  while (await read());

  const file = join(folder, "late.gz");
  await writeFile(file, Buffer.concat(pieces));
  const { Session = {} } = await rowsOf(file);
  const ids = Object.values(Session).map((row) => (JSON.parse(row) as { id: string }).id);
  expect([ids.includes(uuid(200)), ids.includes(uuid(201))]).toEqual([true, false]);
  await restored(Buffer.concat(pieces), async ({ query }) => {
    expect(
      await query(
        `SELECT c."markdown" FROM "Session" s JOIN "SessionContent" c ON c."sessionKey" = s."key" JOIN "Project" p ON p."key" = s."projectKey" WHERE p."id" = 'late'`,
      ),
    ).toEqual([{ markdown: "second" }]);
  });
});

test("A backup leaves nothing in the database, whether it was taken to its end or not.", async () => {
  const inside = () =>
    server.sql({
      text: `SELECT "nspname" FROM pg_namespace WHERE "nspname" LIKE 'backstory%' UNION ALL SELECT "tgname" FROM pg_trigger WHERE NOT "tgisinternal"`,
      values: [],
    });
  await takeWhile(() => Promise.resolve());
  expect(await inside()).toEqual([]);

  const { body } = await ask();
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  await reader.cancel();
  expect((await takeWhile(() => Promise.resolve())).length).toBeGreaterThan(0);
  expect(await inside()).toEqual([]);
});
