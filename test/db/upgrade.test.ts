import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { expect, test } from "@jest/globals";
import { connectPrisma } from "../../src/db/database.js";
import { encodeContent } from "../../src/features/sessions/content-codec.js";
import { createTextReader } from "../../src/features/sessions/content/read-text.js";
import { contentNames } from "../../src/features/sessions/content/stored-text.js";
import { longText } from "../support/long-texts.js";
import { toLocalEngine } from "../support/local-engine.js";

const FIRST = "20261101000000_initial";
/** Those after it, up to where credentials have no parents yet. */
const WITHOUT_PARENTS = ["20261125000000_rest", "20261126000000_project_looks"];
const OWNER = "00000000-0000-4000-8000-00000000000a";

const texts = [
  "",
  "plain",
  'quotes " and \\ and / and\r\n\t\b\f',
  "\u0000\u0001\u0002\u001b\u007f",
  "\uFEFFmark, \u2028 and é 😀",
  "\uFEFF\u0000\u0001",
];

/** Applies a migration as an older version of the server did. */
async function apply(pglite: PGlite, name: string): Promise<void> {
  const sql = await readFile(`prisma/migrations/${name}/migration.sql`, "utf8");
  await pglite.exec(sql);
  const checksum = createHash("sha256").update(sql).digest("hex");
  await pglite.query(`INSERT INTO "_prisma_migrations" VALUES ($2, $1, now(), $2)`, [checksum, name]);
}

/** A database as the first version left it, with a session for each of the texts, which is its Markdown, raw data and session data. */
async function firstVersion(texts: readonly string[]): Promise<PGlite> {
  const image = await readFile(join(process.env.TEST_FOLDER ?? "", "image.tar"));
  const pglite = await PGlite.create({ loadDataDir: new Blob([image]) });
  await pglite.exec(`CREATE TABLE "_prisma_migrations" ("id" varchar(36) PRIMARY KEY, "checksum" varchar(64) NOT NULL, "finished_at" timestamptz,
    "migration_name" varchar(255) NOT NULL, "logs" text, "rolled_back_at" timestamptz, "started_at" timestamptz NOT NULL DEFAULT now(),
    "applied_steps_count" integer NOT NULL DEFAULT 0)`);
  await apply(pglite, FIRST);
  await pglite.query(`INSERT INTO "User" ("id", "email") VALUES ($1, 'a@example.com')`, [OWNER]);
  await pglite.query(`INSERT INTO "ApiKey" ("id", "userId", "name", "hash", "scopes") VALUES ($1, $1, 'k', 'h', '{admin}')`, [OWNER]);
  await pglite.query(`INSERT INTO "Project" ("ownerId", "id", "name") VALUES ($1, 'p', 'p')`, [OWNER]);
  await pglite.query(`INSERT INTO "Project" ("ownerId", "id", "name", "icon") VALUES ($1, 'with-icon', 'p', 'Bug')`, [OWNER]);
  await pglite.query(`INSERT INTO "Project" ("ownerId", "id", "name", "color") VALUES ($1, 'with-colour', 'p', 'rose')`, [OWNER]);
  for (const [index, text] of texts.entries()) {
    await pglite.query(
      `WITH s AS (INSERT INTO "Session" ("projectKey", "ownerId", "id", "name", "etag", "markdownSize", "rawDataSize", "sessionDataSize", "createdAt", "updatedAt")
         SELECT "key", $1, gen_random_uuid(), $2, 'e', $3, $3, $3, now(), now() FROM "Project" WHERE "id" = 'p' RETURNING "key")
       INSERT INTO "SessionContent" SELECT "key", $4, $4, $4 FROM s`,
      [OWNER, String(index), Buffer.byteLength(text), encodeContent(text)],
    );
  }
  return pglite;
}

test("A database of the first version keeps its keys and sessions, learns how long each Markdown is as a JSON string, and its projects get what they lack of an icon and a colour and the bytes of their sessions.", async () => {
  const engine = toLocalEngine(await firstVersion(texts));
  await engine.migrate();
  const { prisma, close } = connectPrisma(engine, 15_000);

  expect(await prisma.apiKey.findMany({ select: { name: true, kind: true } })).toEqual([{ name: "k", kind: "API_KEY" }]);
  const sessions = await prisma.session.findMany({ select: { name: true, markdownJsonSize: true }, orderBy: { name: "asc" } });
  expect(sessions.map(({ markdownJsonSize }) => markdownJsonSize)).toEqual(texts.map((text) => Buffer.byteLength(JSON.stringify(text))));
  const projects = await prisma.project.findMany({
    select: { id: true, icon: true, color: true, storedBytes: true },
    orderBy: { key: "asc" },
  });
  const storedBytes = BigInt(3 * texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0));
  expect(projects).toEqual([
    { id: "p", icon: "Code2", color: "blue", storedBytes },
    { id: "with-icon", icon: "Bug", color: "blue", storedBytes: 0n },
    { id: "with-colour", icon: "Code2", color: "rose", storedBytes: 0n },
  ]);
  await close();
});

test("A database without parents of credentials keeps every key and device that works, and a device whose code is still stored gets the key that made it.", async () => {
  const pglite = await firstVersion([]);
  for (const name of WITHOUT_PARENTS) await apply(pglite, name);
  const id = (number: number) => `00000000-0000-4000-8000-00000000000${number}`;
  const at = "2026-11-01T00:00:00Z";
  const addKey = (number: number, kind: string, createdAt: string, revokedAt: string | null = null) =>
    pglite.query(
      `INSERT INTO "ApiKey" ("id", "userId", "kind", "name", "hash", "scopes", "createdAt", "revokedAt") VALUES ($1, $2, $3::"ApiKeyKind", $4, $4, '{}', $5, $6)`,
      [id(number), OWNER, kind, String(number), createdAt, revokedAt],
    );
  const useCode = (hash: string, maker: number | null, usedAt: string | null) =>
    pglite.query(
      `INSERT INTO "DeviceCode" ("hash", "userId", "scopes", "expiresAt", "usedAt", "apiKeyId") VALUES ($1, $2, '{}', now(), $3, $4)`,
      [hash, OWNER, usedAt, maker === null ? null : id(maker)],
    );
  await addKey(1, "API_KEY", at);
  await addKey(2, "API_KEY", at, "2026-11-20T00:00:00Z");
  await addKey(3, "DEVICE", "2026-11-02T00:00:00Z"); // of key 1
  await addKey(4, "DEVICE", "2026-11-03T00:00:00Z"); // of key 2, which was revoked
  await addKey(5, "DEVICE", "2026-11-04T00:00:00Z"); // of key 1 or 2
  await addKey(6, "DEVICE", "2026-11-05T00:00:00Z"); // whose code is gone
  await addKey(7, "DEVICE", "2026-11-06T00:00:00Z"); // of the command line
  await addKey(8, "DEVICE", "2026-11-07T00:00:00Z"); // of device 4
  for (const [hash, maker, usedAt] of [
    ["a", 1, "2026-11-02T00:00:00Z"],
    ["b", 2, "2026-11-03T00:00:00Z"],
    ["c", 1, "2026-11-04T00:00:00Z"],
    ["d", 2, "2026-11-04T00:00:00Z"],
    ["e", null, "2026-11-06T00:00:00Z"],
    ["f", 4, "2026-11-07T00:00:00Z"],
    ["g", 1, null],
  ] as const) {
    await useCode(hash, maker, usedAt);
  }
  const engine = toLocalEngine(pglite);
  expect(await engine.migrate()).toContain("20261127000000_credentials");
  const { prisma, close } = connectPrisma(engine, 15_000);
  const keys = await prisma.apiKey.findMany({ where: { id: { not: OWNER } }, orderBy: { id: "asc" } });

  expect(keys.map(({ parentId }) => parentId)).toEqual([null, null, id(1), id(2), null, null, null, id(4)]);
  expect(keys.filter(({ revokedAt }) => revokedAt !== null).map((key) => key.id)).toEqual([id(2), id(4), id(8)]);
  await close();
});

test("Its long texts are cut into parts, and come back as they were.", async () => {
  const across = ["🦕", "\u0000", "\u0001", "\uFEFF", "\r\n"].map((character) => longText(character));
  const engine = toLocalEngine(await firstVersion(across));
  await engine.migrate();
  const database = connectPrisma(engine, 15_000);
  const contents = await database.prisma.sessionContent.findMany({ orderBy: { sessionKey: "asc" } });
  const { whole } = createTextReader(database);
  const read = await Promise.all(
    contents.map(({ sessionKey }) =>
      Promise.all(contentNames.map(async (content) => String(await whole({ sessionKey, content })) === across[Number(sessionKey) - 1])),
    ),
  );

  expect(read).toEqual(across.map(() => [true, true, true]));
  for (const { markdown, markdownParts, rawDataParts, sessionDataParts } of contents) {
    expect(Array.from(markdown).length).toBeLessThanOrEqual(1_000_001);
    expect([markdownParts >= 2, rawDataParts, sessionDataParts]).toEqual([true, markdownParts, markdownParts]);
  }
  await database.close();
});
