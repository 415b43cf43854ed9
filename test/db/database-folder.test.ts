import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmod, cp, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { newCommandLine, type CommandLine } from "../support/cli.js";
import { PROGRAM } from "../support/process.js";

let cli: CommandLine;
let sound: string;
beforeAll(async () => {
  cli = await newCommandLine();
  await cli.backstory(["user", "create", "kept@example.com"]);
  sound = await mkdtemp(join(tmpdir(), "backstory-sound-"));
  await cp(cli.dataDir, sound, { recursive: true });
});
afterAll(async () => {
  await cli.remove();
  await rm(sound, { recursive: true });
});

const database = () => join(cli.dataDir, "pglite");
const users = () => cli.backstory(["user", "list"]);

/** Puts the sound database back, with what was stored in it. */
async function repair(): Promise<void> {
  await rm(cli.dataDir, { recursive: true });
  await cp(sound, cli.dataDir, { recursive: true });
}

const zero = (name: string) => async () => {
  const path = join(database(), name);
  await writeFile(path, Buffer.alloc((await lstat(path)).size));
};

async function changeByte(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

/** Only root starts programs as another user. */
const asRoot = process.getuid?.() === 0 ? test : test.skip;
const NOBODY = 65_534;

const modesOf = (...paths: string[]) => Promise.all(paths.map(async (path) => ((await lstat(path)).mode & 0o777).toString(8)));

/** Everything in the data folder that others can read, write or enter. */
async function openToOthers(): Promise<string[]> {
  const names = await readdir(cli.dataDir, { recursive: true });
  const found = await Promise.all([".", ...names].map(async (name) => [name, await lstat(join(cli.dataDir, name))] as const));
  return found.filter(([, stats]) => !stats.isSocket() && (stats.mode & 0o077) !== 0).map(([name]) => name);
}

/** All files of the database with what they hold, but for the one in which PostgreSQL records that it is running. */
async function snapshot(): Promise<string[]> {
  const entries = await readdir(database(), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name !== "pg_control").map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    files.map(
      async (file) =>
        `${file} ${createHash("sha256")
          .update(await readFile(file))
          .digest("hex")}`,
    ),
  );
}

test("Everything in the data folder is readable by its owner only: after an earlier release left it open, and files made since.", async () => {
  await chmod(cli.dataDir, 0o755);
  await mkdir(join(cli.dataDir, "holder"), { recursive: true, mode: 0o755 });
  for (const name of ["base", "PG_VERSION", "global/pg_control"]) await chmod(join(database(), name), name === "base" ? 0o755 : 0o666);

  const server = await cli.serve({ BOOTSTRAP_API_KEY: "a-key-of-my-own-of-32-characters" });
  const headers = { authorization: "Bearer a-key-of-my-own-of-32-characters", "content-type": "application/json" };
  const body = JSON.stringify({ query: 'mutation { createProject(input: { id: "p", name: "p" }) { id } }' });
  await fetch(`${server.url}/api/v1/graphql`, { method: "POST", headers, body });
  const running = await openToOthers();
  await server.kill("SIGTERM");

  expect(running).toEqual([]);
  expect(await openToOthers()).toEqual([]);
});

test("A data folder and a database that are reached over links are closed to others where they lie.", async () => {
  const elsewhere = await mkdtemp(join(tmpdir(), "backstory-elsewhere-"));
  const [folder, linked] = [join(elsewhere, "database"), join(elsewhere, "data")];
  await rename(database(), folder);
  await symlink(folder, database());
  await symlink(cli.dataDir, linked);
  for (const path of [cli.dataDir, folder, join(folder, "base")]) await chmod(path, 0o755);
  await chmod(join(folder, "PG_VERSION"), 0o644);

  const { stdout } = await cli.backstory(["user", "list"], { DATA_DIR: linked });

  expect(stdout).toContain("kept@example.com");
  expect(await modesOf(cli.dataDir, folder, join(folder, "base"), join(folder, "PG_VERSION"))).toEqual(["700", "700", "700", "600"]);
  await rm(database());
  await rename(folder, database());
  await rm(elsewhere, { recursive: true });
});

test("A link that leads to something else than a database changes no permissions there.", async () => {
  const elsewhere = await mkdtemp(join(tmpdir(), "backstory-elsewhere-"));
  const letter = join(elsewhere, "letter.txt");
  await writeFile(letter, "for all");
  for (const [path, mode] of [
    [elsewhere, 0o755],
    [letter, 0o644],
  ] as const)
    await chmod(path, mode);
  const dataDir = await mkdtemp(join(tmpdir(), "backstory-link-"));
  await symlink(elsewhere, join(dataDir, "pglite"));

  const outcome = await cli.backstory(["user", "list"], { DATA_DIR: dataDir });

  expect(outcome).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("holds other files (letter.txt)") });
  expect(await modesOf(elsewhere, letter)).toEqual(["755", "644"]);
  await rm(dataDir, { recursive: true });
  await rm(elsewhere, { recursive: true });
});

asRoot("Files of another user that everybody may read stop the start with one sentence (needs root).", async () => {
  const own = await mkdtemp(join(tmpdir(), "backstory-foreign-"));
  await cp(sound, own, { recursive: true });
  await chmod(own, 0o777);
  await chmod(join(own, "pglite"), 0o777);
  const options = { uid: NOBODY, gid: NOBODY, env: { ...process.env, DATA_DIR: own, DATABASE_URL: "" } };

  const child = spawn(process.execPath, [PROGRAM, "user", "list"], options);
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) child[name].on("data", (chunk: Buffer) => (output[name] += chunk.toString()));
  const [code] = (await once(child, "close")) as [number];

  const advice = `run the server as the owner of ${own}, or choose another DATA_DIR`;
  expect({ code, ...output }).toEqual({
    code: 1,
    stdout: "",
    stderr: `${join(own, "pglite")} can be read by other users and its permissions cannot be changed (EPERM): ${advice}.\n`,
  });
  await rm(own, { recursive: true });
});

test("Other files beside the database keep their permissions, and so does their folder.", async () => {
  const other = join(cli.dataDir, "notes.txt");
  await writeFile(other, "mine");
  await chmod(other, 0o644);
  await chmod(cli.dataDir, 0o755);

  await users();

  expect(await openToOthers()).toEqual([".", "notes.txt"]);
  await rm(other);
});

test.each<[what: string, damage: () => Promise<unknown>, reason: string]>([
  ["without PG_VERSION", () => rm(join(database(), "PG_VERSION")), "PG_VERSION is missing"],
  ["with an empty PG_VERSION", () => writeFile(join(database(), "PG_VERSION"), ""), "PG_VERSION is empty"],
  [
    "of another PostgreSQL",
    () => writeFile(join(database(), "PG_VERSION"), "16\n"),
    "it is of PostgreSQL 16, and this version of Backstory reads PostgreSQL 18",
  ],
  ["without global/pg_control", () => rm(join(database(), "global/pg_control")), "global/pg_control is missing"],
  ["with an empty global/pg_control", () => writeFile(join(database(), "global/pg_control"), ""), "global/pg_control is empty"],
  ["without its log", () => rm(join(database(), "pg_wal"), { recursive: true }), 'required WAL directory "pg_wal" does not exist'],
  ["with a damaged catalogue", () => writeFile(join(database(), "base/5/1259"), ""), "could not open critical system index 2662"],
  ["without its record of transactions", zero("pg_xact/0000"), "its tables cannot be found"],
  ["without its own settings", () => rm(join(database(), "postgresql.conf")), "PGlite failed to initialize properly"],
])("A database %s stops the start with one sentence, and its files stay as they are.", async (_what, damage, reason) => {
  await repair();
  await damage();
  const before = await snapshot();

  const outcome = await cli.backstory(["serve"]);

  const folder = database();
  const advice = "restore the folder from a backup, or move it away to begin with a new database";
  expect(outcome).toEqual({
    code: 1,
    stdout: "",
    stderr: `The embedded database in ${folder} cannot be opened (${reason}) and was left as it is: ${advice}.\n`,
  });
  const after = await snapshot();
  expect(after.filter((line) => !before.includes(line) && !/\/(postmaster\.pid|pg_internal\.init) /.test(line))).toEqual([]);
});

/** The file of a table or index, from the folder of the database. */
async function fileOf(relation: string): Promise<string> {
  return cli.inside(async ({ database }) => {
    const [row] = await database.query<{ path: string }>({ text: "SELECT pg_relation_filepath($1::regclass) AS path", values: [relation] });
    return row?.path ?? "";
  });
}

test.each<[what: string, relation: string, damage: (path: string) => Promise<unknown>, reason: (path: string) => string]>([
  ["whose table lost its file", '"SessionContent"', (path) => rm(path), (path) => `${path}, the file of "SessionContent", is missing`],
  ["whose table with rows has an empty file", '"User"', (path) => writeFile(path, ""), (path) => `${path}, the file of "User", is empty`],
  ["whose index has an empty file", '"User_pkey"', (path) => writeFile(path, ""), (path) => `${path}, the file of "User_pkey", is empty`],
  ["of which a byte of a user changed", '"User"', (path) => changeByte(path, 8_100), (path) => `page 0 of ${path} is damaged`],
  ["of which an index was cut", '"User_email_key"', (path) => truncate(path, 10_000), (path) => `page 1 of ${path} is damaged`],
  [
    "of which a page of an index is zeros",
    '"User_pkey"',
    (path) => writeFile(path, Buffer.alloc(16_384)),
    (path) => `page 0 of ${path} is damaged`,
  ],
])("A database %s stops the start with one sentence, and its files stay as they are.", async (_what, relation, damage, reason) => {
  await repair();
  const path = await fileOf(relation);
  await damage(join(database(), path));
  const before = await snapshot();

  const outcome = await cli.backstory(["serve"]);

  expect(outcome).toMatchObject({ code: 1, stdout: "" });
  expect(outcome.stderr).toContain(`The embedded database in ${database()} cannot be opened (${reason(path)}) and was left as it is: `);
  expect(outcome.stderr.trim().split("\n")).toHaveLength(1);
  const after = await snapshot();
  expect(before.filter((line) => !after.includes(line) && !line.includes("/postmaster.pid "))).toEqual([]);
});

test("What a killed PostgreSQL left behind of a table that it wrote anew is removed at the next start, and nothing else.", async () => {
  await repair();
  const server = await cli.serve();
  const left = join(database(), "base/5/99999");
  await writeFile(left, Buffer.alloc(8_192));
  await server.kill("SIGKILL");
  const before = await readdir(join(database(), "base/5"));

  expect(await users()).toMatchObject({ code: 0, stdout: expect.stringContaining("kept@example.com") });

  const after = await readdir(join(database(), "base/5"));
  expect(before.filter((name) => !after.includes(name))).toEqual(["99999"]);
});

test("A folder of other files is not taken for the database.", async () => {
  await rm(database(), { recursive: true });
  await mkdir(database());
  await writeFile(join(database(), "letter.txt"), "mine");

  const outcome = await cli.backstory(["serve"]);

  expect(outcome).toMatchObject({ code: 1, stdout: "" });
  expect(outcome.stderr).toBe(
    `${database()} is for the embedded database, but holds other files (letter.txt): move them away, or choose another DATA_DIR.\n`,
  );
  expect(await readdir(database())).toEqual(["letter.txt"]);
});

test("A first start says what it does before it waits, an interrupted one leaves no database, and the next makes it whole in an empty folder.", async () => {
  await rm(cli.dataDir, { recursive: true });
  const env = { ...process.env, DATA_DIR: cli.dataDir, DATABASE_URL: "", PORT: "0" };
  const interrupted = spawn(process.execPath, [PROGRAM, "user", "list"], { env });
  const [line] = (await once(interrupted.stderr, "data")) as [Buffer];
  while (!(await readdir(cli.dataDir)).some((name) => name.startsWith("pglite."))) await delay(10);
  interrupted.kill("SIGKILL");
  await once(interrupted, "exit");

  expect(line.toString()).toBe("Preparing the database (once, about 10 s) ...\n");
  const left = await readdir(cli.dataDir);
  expect(left).not.toContain("pglite");
  expect(left).toContainEqual(expect.stringMatching(/^pglite\.new-/));

  await mkdir(database());
  const made = await cli.backstory(["user", "create", "new@example.com"]);

  expect(made).toMatchObject({ code: 0, stderr: "Preparing the database (once, about 10 s) ...\n" });
  expect((await readdir(cli.dataDir)).sort()).toEqual(["holder", "pglite"]);
  expect(await openToOthers()).toEqual([]);
  expect((await readFile(join(database(), "PG_VERSION"), "utf8")).trim()).toBe("18");
  expect(await users()).toMatchObject({ code: 0, stdout: expect.stringContaining("new@example.com"), stderr: "" });
}, 180_000);
