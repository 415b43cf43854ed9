import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { mendSwap, swapIn } from "../../src/db/embedded/swap.js";
import { uuid } from "../support/actions.js";
import { clientOf, KEY, rowsOf } from "../support/backups.js";
import { newCommandLine, type CommandLine } from "../support/cli.js";
import { PROGRAM } from "../support/process.js";

let folder: string;
let file: string;
let old: CommandLine;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "backstory-kills-"));
  file = join(folder, "backup.gz");
  const source = await newCommandLine({ BOOTSTRAP_API_KEY: KEY });
  const server = await source.serve();
  for (let number = 1; number <= 10; number += 1)
    await clientOf(server.url).put(uuid(number), { markdown: "# Hello", rawData: randomBytes(1_500_000).toString("base64") });
  await server.kill("SIGTERM");
  expect((await source.backstory(["backup", file])).code).toBe(0);
  await source.remove();
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  old = await newCommandLine({ BOOTSTRAP_API_KEY: KEY });
  await old.backstory(["user", "create", "old@example.com"]);
});

/** Starts a command, ends it with a signal as soon as something has come about, and returns its exit code. */
async function interrupt(args: readonly string[], signal: NodeJS.Signals, hasCome: () => Promise<boolean>) {
  const env = { ...process.env, DATA_DIR: old.dataDir, DATABASE_URL: "" };
  const child = spawn(process.execPath, ["--liftoff-only", PROGRAM, ...args], { env });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const watched = { isRunning: true };
  void ended.then(() => (watched.isRunning = false));
  while (watched.isRunning && !(await hasCome())) await new Promise((resolve) => setImmediate(resolve));
  child.kill(signal);
  return { code: await ended, stderr };
}

const names = (path: string) => readdir(path).catch((): string[] => []);
const users = async (cli: CommandLine): Promise<string> => (await cli.backstory(["user", "list"])).stdout;

const isMade = async () => (await names(old.dataDir)).some((name) => name.startsWith("pglite.new-"));
const isOpen = async () => {
  const made = (await names(old.dataDir)).find((name) => name.startsWith("pglite.new-"));
  return made !== undefined && (await names(join(old.dataDir, made))).includes("PG_VERSION");
};
const isLoading = async () => {
  const made = (await names(old.dataDir)).find((name) => name.startsWith("pglite.new-"));
  if (made === undefined) return false;
  const sizes = await Promise.all(
    (await names(join(old.dataDir, made, "base", "5"))).map((name) =>
      stat(join(old.dataDir, made, "base", "5", name)).catch(() => ({ size: 0 })),
    ),
  );
  return sizes.some(({ size }) => size > 3_000_000);
};

test.each([
  ["has begun", isMade],
  ["has made an empty database", isOpen],
  ["loads rows", isLoading],
])(
  "A restore that is killed when it %s leaves the old database, and the next start removes the rest.",
  async (_title, hasCome) => {
    await interrupt(["restore", file, "--replace"], "SIGKILL", hasCome);
    expect(await users(old)).toContain("old@example.com");
    expect((await readdir(old.dataDir)).filter((name) => name.startsWith("pglite"))).toEqual(["pglite"]);
    await old.remove();
  },
  120_000,
);

test("A restore that SIGTERM interrupts says so, and leaves the old database and nothing else.", async () => {
  const { code, stderr } = await interrupt(["restore", file, "--replace"], "SIGTERM", isOpen);
  expect({ code, stderr }).toEqual({ code: 1, stderr: "Interrupted: nothing was restored.\n" });
  expect((await readdir(old.dataDir)).filter((name) => name.startsWith("pglite"))).toEqual(["pglite"]);
  expect(await users(old)).toContain("old@example.com");
  await old.remove();
}, 120_000);

test("A swap that was killed between its moves is undone or ended by the next start: one of the two databases is there, whole.", async () => {
  const pglite = join(old.dataDir, "pglite");
  await rename(pglite, `${pglite}.old-1`); // killed after the first move
  expect(await users(old)).toContain("old@example.com");

  const other = await newCommandLine();
  await other.backstory(["user", "create", "new@example.com"]);
  await rename(pglite, `${pglite}.old-2`); // killed after the second
  await rename(join(other.dataDir, "pglite"), pglite);
  expect(await users(old)).not.toContain("old@example.com");
  expect(await users(old)).toContain("new@example.com");
  expect((await readdir(old.dataDir)).filter((name) => name.startsWith("pglite"))).toEqual(["pglite"]);

  await rename(pglite, `${pglite}.new-2`); // what `swapIn` gives to be deleted is never taken for a database
  await mendSwap(pglite);
  expect(await readdir(old.dataDir)).not.toContain("pglite");
  await rename(`${pglite}.new-2`, pglite);
  await swapIn({ folder: pglite, next: pglite }).catch(() => undefined); // there is nothing to put in its place
  await mendSwap(pglite);
  expect(await users(old)).toContain("new@example.com");
  await old.remove();
  await other.remove();
}, 120_000);

test("A backup that is killed leaves a file that is not called as the backup is, and nothing that the next start does not remove.", async () => {
  const target = join(folder, "killed.gz");
  const isWriting = async () => {
    const partial = (await names(folder)).find((name) => name.startsWith("killed.gz.partial-"));
    return partial !== undefined && (await stat(join(folder, partial)).catch(() => ({ size: 0 }))).size > 0;
  };
  await old.backstory(["restore", file, "--replace"]);
  await interrupt(["backup", target], "SIGKILL", isWriting);
  const left = (await readdir(folder)).filter((name) => name.startsWith("killed"));
  expect(left).toEqual([expect.stringMatching(/^killed\.gz\.partial-/)]);
  const partial = join(folder, left[0] ?? "");
  expect(await old.backstory(["restore", partial, "--replace"])).toMatchObject({ code: 1, stderr: expect.stringContaining("not whole") });
  expect((await readFile(partial)).length).toBeGreaterThan(0);
  await users(old);
  const pglite = await PGlite.create(join(old.dataDir, "pglite"));
  const { rows } = await pglite.query(`SELECT "tgname" FROM pg_trigger WHERE NOT "tgisinternal"`);
  await pglite.close();
  expect(rows).toEqual([]);

  const { code, stderr } = await interrupt(["backup", join(folder, "stopped.gz")], "SIGINT", async () =>
    (await names(folder)).some((name) => name.startsWith("stopped")),
  );
  expect({ code, stderr }).toEqual({ code: 1, stderr: `Stopped: ${join(folder, "stopped.gz")} was not written\n` });
  expect((await readdir(folder)).filter((name) => name.startsWith("stopped"))).toEqual([]);

  const again = join(folder, "again.gz");
  expect((await old.backstory(["backup", again])).code).toBe(0);
  const { Session } = await rowsOf(again);
  expect(Object.keys(Session ?? {})).toHaveLength(10);
  await old.remove();
}, 120_000);
