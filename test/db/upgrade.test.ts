import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { expect, test } from "@jest/globals";
import { connectPrisma } from "../../src/db/database.js";
import { toEngine } from "../../src/db/pglite.js";
import { encodeContent } from "../../src/features/sessions/content-codec.js";
import { systemClock } from "../../src/platform/clock.js";

const FIRST = "20261101000000_initial";
const OWNER = "00000000-0000-4000-8000-00000000000a";

const texts = [
  "",
  "plain",
  'quotes " and \\ and / and\r\n\t\b\f',
  "\u0000\u0001\u0002\u001b\u007f",
  "\uFEFFmark, \u2028 and é 😀",
  "\uFEFF\u0000\u0001",
];

/** A database as the first version left it, with a session for each of the texts. */
async function firstVersion(): Promise<PGlite> {
  const image = await readFile(join(process.env.TEST_FOLDER ?? "", "image.tar"));
  const pglite = await PGlite.create({ loadDataDir: new Blob([image]) });
  const sql = await readFile(`prisma/migrations/${FIRST}/migration.sql`, "utf8");
  await pglite.exec(sql);
  await pglite.exec(`CREATE TABLE "_prisma_migrations" ("id" varchar(36) PRIMARY KEY, "checksum" varchar(64) NOT NULL, "finished_at" timestamptz,
    "migration_name" varchar(255) NOT NULL, "logs" text, "rolled_back_at" timestamptz, "started_at" timestamptz NOT NULL DEFAULT now(),
    "applied_steps_count" integer NOT NULL DEFAULT 0)`);
  const checksum = createHash("sha256").update(sql).digest("hex");
  await pglite.query(`INSERT INTO "_prisma_migrations" VALUES ('1', $1, now(), $2)`, [checksum, FIRST]);
  await pglite.query(`INSERT INTO "User" ("id", "email") VALUES ($1, 'a@example.com')`, [OWNER]);
  await pglite.query(`INSERT INTO "ApiKey" ("id", "userId", "name", "hash", "scopes") VALUES ($1, $1, 'k', 'h', '{admin}')`, [OWNER]);
  await pglite.query(`INSERT INTO "Project" ("ownerId", "id", "name") VALUES ($1, 'p', 'p')`, [OWNER]);
  await pglite.query(`INSERT INTO "Project" ("ownerId", "id", "name", "icon") VALUES ($1, 'with-icon', 'p', 'Bug')`, [OWNER]);
  await pglite.query(`INSERT INTO "Project" ("ownerId", "id", "name", "color") VALUES ($1, 'with-colour', 'p', 'rose')`, [OWNER]);
  for (const [index, text] of texts.entries()) {
    await pglite.query(
      `WITH s AS (INSERT INTO "Session" ("projectKey", "ownerId", "id", "name", "etag", "markdownSize", "rawDataSize", "sessionDataSize", "createdAt", "updatedAt")
         SELECT "key", $1, gen_random_uuid(), $2, 'e', $3, 0, 0, now(), now() FROM "Project" WHERE "id" = 'p' RETURNING "key")
       INSERT INTO "SessionContent" SELECT "key", $4, '' FROM s`,
      [OWNER, String(index), Buffer.byteLength(text), encodeContent(text)],
    );
  }
  return pglite;
}

test("A database of the first version keeps its keys and sessions, learns how long each Markdown is as a JSON string, and its projects get what they lack of an icon and a colour.", async () => {
  const engine = toEngine(await firstVersion(), { clock: systemClock, afterClose: () => Promise.resolve() });
  await engine.migrate();
  const { prisma, close } = connectPrisma(engine, 15_000);

  expect(await prisma.apiKey.findMany({ select: { name: true, kind: true } })).toEqual([{ name: "k", kind: "API_KEY" }]);
  const sessions = await prisma.session.findMany({ select: { name: true, markdownJsonSize: true }, orderBy: { name: "asc" } });
  expect(sessions.map(({ markdownJsonSize }) => markdownJsonSize)).toEqual(texts.map((text) => Buffer.byteLength(JSON.stringify(text))));
  const projects = await prisma.project.findMany({ select: { id: true, icon: true, color: true }, orderBy: { key: "asc" } });
  expect(projects).toEqual([
    { id: "p", icon: "Code2", color: "blue" },
    { id: "with-icon", icon: "Bug", color: "blue" },
    { id: "with-colour", icon: "Code2", color: "rose" },
  ]);
  await close();
});
