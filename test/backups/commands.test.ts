import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { uuid } from "../support/actions.js";
import { clientOf, KEY, KINDS, linesOf, newDatabase, rowsOf, toBackup } from "../support/backups.js";
import type { CommandLine } from "../support/cli.js";

const undo: (() => Promise<void>)[] = [];
let folder: string;
let file: string;
let source: CommandLine;
let answersOfSource: unknown;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "backstory-backups-"));
  file = join(folder, "backup.gz");
  source = await newTarget("embedded");
  const server = await source.serve();
  await clientOf(server.url).put(uuid(1), { markdown: "# Kept" });
  answersOfSource = await content(server.url);

  const given = ["--key", KEY, "--url", server.url];
  const made = await source.backstory(["backup", file, ...given]);
  expect({ ...made, stdout: "" }).toEqual({ code: 0, stdout: "", stderr: "" });
  await server.kill("SIGTERM");
}, 120_000);
afterAll(async () => {
  for (const each of undo.reverse()) await each();
  await rm(folder, { recursive: true });
});

const newTarget = (kind: (typeof KINDS)[number]): Promise<CommandLine> => newDatabase(kind, undo);

const content = async (url: string): Promise<unknown> => clientOf(url).query("{ sessions { id name markdownContent } }");

async function contentOf(cli: CommandLine): Promise<unknown> {
  const server = await cli.serve();
  const found = await content(server.url);
  await server.kill("SIGTERM");
  return found;
}

test("Beside a running server, backup says to add a key, and with a key of another scope it says what is missing; neither leaves a file.", async () => {
  const server = await source.serve();
  const target = join(folder, "beside.gz");
  const { key } = await clientOf(server.url).mutate("createApiKey", { name: "reader", scopes: ["SESSIONS_READ"] }, "key");
  const locked = await source.backstory(["backup", target]);
  const weak = await source.backstory(["backup", target, "--key", key, "--url", server.url]);
  await server.kill("SIGTERM");

  expect([locked.code, weak.code]).toEqual([1, 1]);
  expect(locked.stderr).toMatch(/is in use by another process.*add --key KEY with a key of the scope admin\.\n$/);
  expect(weak.stderr).toMatch(/^The server at \S+ answers 403: The API key lacks the scope admin\n$/);
  expect((await readdir(folder)).filter((name) => name.startsWith("beside"))).toEqual([]);
});

test("A server that breaks off, that is none of ours, or that is not there is one sentence, and leaves no file.", async () => {
  const whole = await readFile(file);
  const type = { "Content-Type": "application/gzip" };
  const answers: Record<string, (outgoing: ServerResponse) => unknown> = {
    "/cut/api/v1/admin/backup": (outgoing) =>
      outgoing.writeHead(200, { ...type, "Content-Length": String(whole.length) }).write(whole.subarray(0, 300), () => outgoing.destroy()),
    "/short/api/v1/admin/backup": (outgoing) => outgoing.writeHead(200, type).end(whole.subarray(0, 300)),
    "/page/api/v1/admin/backup": (outgoing) => outgoing.end("<h1>Welcome</h1>"),
    "/missing/api/v1/admin/backup": (outgoing) => outgoing.writeHead(404).end("nothing here"),
  };
  const other = createServer((incoming: IncomingMessage, outgoing) => answers[incoming.url ?? ""]?.(outgoing));
  await new Promise<void>((resolve) => other.listen(0, resolve));
  const { port } = other.address() as AddressInfo;
  const said: Record<string, string> = {};
  for (const name of ["cut", "short", "page", "missing"]) {
    const { code, stderr } = await source.backstory([
      "backup",
      join(folder, "from.gz"),
      "--key",
      KEY,
      "--url",
      `http://127.0.0.1:${port}/${name}`,
    ]);
    expect(code).toBe(1);
    said[name] = stderr;
  }
  other.closeAllConnections();
  await new Promise((resolve) => other.close(resolve));
  said.gone = (await source.backstory(["backup", join(folder, "from.gz"), "--key", KEY, "--url", `http://127.0.0.1:${port}`])).stderr;

  expect(said).toEqual({
    cut: expect.stringMatching(/^The answer of the server at http:\S+ broke off\n$/),
    short: expect.stringMatching(/^The answer of the server at http:\S+ broke off\n$/),
    page: expect.stringMatching(/^The server at http:\S+ answers, but it is no Backstory server, or another version\n$/),
    missing: expect.stringMatching(/^The server at http:\S+ answers 404: it is no Backstory server, or another version\n$/),
    gone: expect.stringMatching(/^The server at http:\S+ cannot be reached: .*ECONNREFUSED.*\n$/),
  });
  expect((await readdir(folder)).filter((name) => name.startsWith("from"))).toEqual([]);
});

test("A backup is not written over a file unless --force says so, and never over a link, a folder or a FIFO, nor where no folder is.", async () => {
  const places = await mkdtemp(join(folder, "places-"));
  const at = (name: string) => join(places, name);
  await writeFile(at("file"), "precious");
  await symlink(at("file"), at("link"));
  await mkdir(at("folder"));
  await promisify(execFile)("mkfifo", [at("fifo")]);
  const said: Record<string, string> = {};
  for (const name of ["file", "link", "folder", "fifo", "none/file"]) {
    const { code, stderr } = await source.backstory(["backup", at(name), ...(name === "file" ? [] : ["--force"])]);
    expect(code).toBe(1);
    said[name] = stderr;
  }

  expect(said).toEqual({
    file: `${at("file")} exists already: choose another name, or replace it with --force\n`,
    link: `${at("link")} cannot be written: it is a link, which is not followed\n`,
    folder: `${at("folder")} cannot be written: it is a folder\n`,
    fifo: `${at("fifo")} cannot be written: it is a FIFO and no regular file\n`,
    "none/file": `${at("none/file")} cannot be written: there is no folder ${at("none")}\n`,
  });
  expect((await readdir(places)).sort()).toEqual(["fifo", "file", "folder", "link"]);
  expect(await readFile(at("file"), "utf8")).toBe("precious");
  expect((await source.backstory(["backup", at("file"), "--force"])).code).toBe(0);
  expect(Object.keys(await rowsOf(at("file")))).toContain("Session");
});

test("A backup of a folder without a database is refused, and makes none.", async () => {
  const empty = await mkdtemp(join(folder, "empty-"));
  const { code, stderr } = await source.backstory(["backup", join(folder, "none.gz")], { DATA_DIR: empty });
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: `There is no database in ${empty} to back up: name its folder in DATA_DIR, or set DATABASE_URL.\n`,
  });
  expect(await readdir(empty)).toEqual([]);
});

/** Backups that must not be restored, and what is said of them. */
async function badBackups(): Promise<Record<string, [Buffer, RegExp]>> {
  const lines = await linesOf(file);
  const whole = await readFile(file);
  const index = lines.findIndex((line) => line.includes("# Kept"));
  const change = (line: number, text: string) => toBackup(lines.map((each, at) => (at === line ? text : each)));
  const header = JSON.parse(lines[0] ?? "") as { migrations: string[] };
  const damaged = /^The backup is damaged( or not whole)? \(.+\): nothing of it can be restored\.\n$/;
  return {
    empty: [Buffer.alloc(0), /^This is no backup of Backstory\.\n$/],
    text: [Buffer.from("# Notes\n"), /^This is no backup of Backstory\.\n$/],
    "another gzip": [gzipSync("# Notes\n"), /^This is no backup of Backstory\.\n$/],
    truncated: [whole.subarray(0, whole.length - 12), damaged],
    "without an end": [toBackup(lines.slice(0, -1)), damaged],
    "with more after its end": [toBackup([...lines, lines[1] ?? ""]), damaged],
    "with a row less": [toBackup(lines.filter((_, at) => at !== index)), damaged],
    "with a changed row": [change(index, (lines[index] ?? "").replace("# Kept", "# Lost")), damaged],
    "with a line too long": [toBackup([lines[0] ?? "", `{"a":"${"a".repeat(70_000_000)}"}`]), damaged],
    "of a newer format": [
      change(0, JSON.stringify({ ...header, version: 2 })),
      /^The backup has the format 2, .* use a newer version\.\n$/,
    ],
    "of a newer version": [
      change(0, JSON.stringify({ ...header, migrations: [...header.migrations, "29990101000000_new"] })),
      /^The backup has the migration 29990101000000_new, which this version does not know: use a newer version\.\n$/,
    ],
  };
}

test.each(KINDS)(
  "What is no whole backup is refused with one sentence, and the database stays as it was (%s).",
  async (kind) => {
    const target = await newTarget(kind);
    await target.backstory(["user", "create", "me@example.com"]);
    for (const [name, [bytes, sentence]] of Object.entries(await badBackups())) {
      const bad = join(folder, "bad.gz");
      await writeFile(bad, bytes);
      const { code, stderr } = await target.backstory(["restore", bad, "--replace"]);
      expect({ name, code, stderr }).toEqual({ name, code: 1, stderr: expect.stringMatching(sentence) });
    }
    expect((await target.backstory(["user", "list"])).stdout).toContain("me@example.com");
  },
  200_000,
);

test.each(KINDS)(
  "A database that holds anything is kept, unless --replace says otherwise (%s).",
  async (kind) => {
    const target = await newTarget(kind);
    await target.backstory(["user", "create", "me@example.com"]);
    const refused = await target.backstory(["restore", file]);
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^The database is not empty, and was left as it is: .*--replace\.\n$/),
    });
    expect((await target.backstory(["user", "list"])).stdout).toContain("me@example.com");

    expect(await target.backstory(["restore", file, "--replace"])).toMatchObject({ code: 0, stderr: "" });
    expect((await target.backstory(["user", "list"])).stdout).not.toContain("me@example.com");
    expect(await contentOf(target)).toEqual(answersOfSource);
  },
  120_000,
);

test("A damaged embedded database, which does not start, is replaced by a backup.", async () => {
  const target = await newTarget("embedded");
  await target.backstory(["user", "create", "me@example.com"]);
  await rm(join(target.dataDir, "pglite/PG_VERSION"));
  await rm(join(target.dataDir, "pglite/global"), { recursive: true });
  expect(await target.backstory(["serve"])).toMatchObject({ code: 1, stderr: expect.stringContaining("PG_VERSION is missing") });

  expect(await target.backstory(["restore", file, "--replace"])).toMatchObject({ code: 0, stderr: "" });

  expect(await contentOf(target)).toEqual(answersOfSource);
});

test("Restoring is refused while a server runs on the folder, and for a link, a FIFO, and a file that is not there.", async () => {
  const target = await newTarget("embedded");
  const server = await target.serve();
  const locked = await target.backstory(["restore", file, "--replace"]);
  await server.kill("SIGTERM");
  expect(locked).toMatchObject({ code: 1, stderr: expect.stringContaining("is in use by another process") });
  await symlink(file, join(folder, "link.gz"));
  await promisify(execFile)("mkfifo", [join(folder, "fifo")]);
  const said: string[] = [];
  for (const name of ["link.gz", "fifo", "missing.gz"]) said.push((await target.backstory(["restore", join(folder, name)])).stderr);
  expect(said).toEqual([
    `${join(folder, "link.gz")} is a link, which is not followed: name the file that backup has written.\n`,
    `${join(folder, "fifo")} is a FIFO and no regular file: name the file that backup has written.\n`,
    expect.stringMatching(/missing\.gz cannot be read: ENOENT/),
  ]);
});

test.each(KINDS)(
  "A backup of an older version is restored and brought to this one (%s).",
  async (kind) => {
    const lines = await linesOf(file);
    const header = JSON.parse(lines[0] ?? "") as { migrations: string[] };
    const [first = ""] = header.migrations;
    const owner = uuid(1);
    const old = [
      JSON.stringify({ ...header, migrations: [first] }),
      `["rows","User"]`,
      `{"id":"${owner}","email":"old@example.com","createdAt":"2026-11-01T00:00:00+00:00","storedBytes":0}`,
      `["rows","Project"]`,
      `{"key":7,"ownerId":"${owner}","id":"old","name":"Old","icon":null,"color":null,"createdAt":"2026-11-01T00:00:00+00:00","updatedAt":"2026-11-01T00:00:00+00:00","lastActivity":null,"sessionCount":0}`,
      `["sequences",{"Project_key_seq":"7"}]`,
    ];
    const { createHash } = await import("node:crypto");
    const sha256 = createHash("sha256")
      .update(`${old.join("\n")}\n`)
      .digest("hex");
    const oldFile = join(folder, `old-${kind}.gz`);
    await writeFile(oldFile, toBackup([...old, JSON.stringify(["end", { rows: 2, sha256 }])]));
    const target = await newTarget(kind);
    expect(await target.backstory(["restore", oldFile])).toMatchObject({ code: 0, stderr: "" });
    expect((await target.backstory(["migrate"])).stdout).toBe("The database is up to date.\n");
    const again = join(folder, `again-${kind}.gz`);
    await target.backstory(["backup", again]);
    expect(JSON.parse((await rowsOf(again)).Project?.["7"] ?? "")).toMatchObject({ id: "old", icon: "Code2", color: "blue" });
  },
  120_000,
);
