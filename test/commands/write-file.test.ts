import { execFileSync } from "node:child_process";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { CommandError } from "../../src/commands/context.js";
import { writeFileWhole } from "../../src/commands/write-file.js";
import { systemRandom } from "../../src/platform/random.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "backstory-write-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const isRoot = process.platform === "linux" && process.getuid?.() === 0;
const asRoot = isRoot ? test : test.skip;
const unlessRoot = isRoot ? "" : " (left out: only root on Linux can prepare it)";

type More = { readonly force?: boolean; readonly stop?: AbortSignal };

function write(name: string, chunks: AsyncIterable<Uint8Array>, { force = false, stop = new AbortController().signal }: More = {}) {
  return writeFileWhole({ path: join(folder, name), force, random: systemRandom, stop }, chunks);
}

/** Makes a stream of texts; after the last one it does what the test wants. */
async function* streamOf(texts: readonly string[], atEnd: () => unknown = () => undefined): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
  await atEnd();
}

/** The one sentence with which it fails, without the folder. */
async function failureOf(writing: Promise<unknown>): Promise<string> {
  const error = await writing.then(
    () => new Error("It was written"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CommandError);
  return (error as CommandError).message.replaceAll(`${folder}/`, "");
}

test("A stream becomes a file that only its owner reads, and nothing is left beside it.", async () => {
  expect(await write("a", streamOf(["one", "", "two"]))).toBe(6);
  expect([readFileSync(join(folder, "a"), "utf8"), lstatSync(join(folder, "a")).mode & 0o777]).toEqual(["onetwo", 0o600]);
  expect(readdirSync(folder)).toEqual(["a"]);
});

test("A file that exists stays as it is, unless it is to be replaced.", async () => {
  writeFileSync(join(folder, "a"), "old", { mode: 0o644 });
  expect(await failureOf(write("a", streamOf(["new"])))).toBe("a exists already: choose another name, or replace it with --force");
  expect(readFileSync(join(folder, "a"), "utf8")).toBe("old");
  await write("a", streamOf(["new"]), { force: true });
  expect([readFileSync(join(folder, "a"), "utf8"), lstatSync(join(folder, "a")).mode & 0o777]).toEqual(["new", 0o600]);
  expect(readdirSync(folder)).toEqual(["a"]);
});

test("A file that comes to be while another is written stays, too.", async () => {
  const meanwhile = () => writeFileSync(join(folder, "a"), "theirs");
  expect(await failureOf(write("a", streamOf(["ours"], meanwhile)))).toBe(
    "a exists already: choose another name, or replace it with --force",
  );
  expect([readdirSync(folder), readFileSync(join(folder, "a"), "utf8")]).toEqual([["a"], "theirs"]);
});

test.each([
  ["a folder", "it is a folder", (path: string) => mkdirSync(path)],
  ["a link", "it is a link, which is not followed", (path: string) => symlinkSync("target", path)],
  ["a FIFO", "it is a FIFO and no regular file", (path: string) => execFileSync("mkfifo", [path])],
  ["a socket", "it is a socket and no regular file", async (path: string) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    server.unref();
  }],
] as const)("In place of %s nothing is written, not even with --force.", async (_what, reason, make) => {
  writeFileSync(join(folder, "target"), "target");
  await make(join(folder, "a"));
  const kind = lstatSync(join(folder, "a")).mode;
  for (const force of [false, true]) expect(await failureOf(write("a", streamOf(["x"]), { force }))).toBe(`a cannot be written: ${reason}`);
  expect([readdirSync(folder).sort(), lstatSync(join(folder, "a")).mode]).toEqual([["a", "target"], kind]);
  expect(readFileSync(join(folder, "target"), "utf8")).toBe("target");
}); // prettier-ignore

test.each([
  ["no/a", "no/a cannot be written: there is no folder no"],
  ["file/a", "file/a cannot be written: what should be its folder is a file"],
  ["x".repeat(250), `${"x".repeat(250)} cannot be written: its name is too long`],
  ["x".repeat(300), `${"x".repeat(300)} cannot be written: its name is too long`],
])("What cannot be written is said in one sentence: %#.", async (name, message) => {
  writeFileSync(join(folder, "file"), "");
  expect(await failureOf(write(name, streamOf(["x"])))).toBe(message);
  expect(readdirSync(folder)).toEqual(["file"]);
});

test("A stream that fails leaves nothing, nor harms the file that was to be replaced, and its error is passed on.", async () => {
  writeFileSync(join(folder, "a"), "old");
  const fail = () => Promise.reject(new Error("broken"));
  await expect(write("a", streamOf(["new"], fail), { force: true })).rejects.toThrow("broken");
  await expect(write("b", streamOf(["new"], fail))).rejects.toThrow("broken");
  expect([readdirSync(folder), readFileSync(join(folder, "a"), "utf8")]).toEqual([["a"], "old"]);
});

test("Who stops it leaves nothing, also where the stream says nothing more, or it was stopped before it began.", async () => {
  for (const before of [false, true]) {
    const stopping = new AbortController();
    if (before) stopping.abort();
    const hang = () => {
      expect(readdirSync(folder)).toEqual([expect.stringMatching(/^a\.partial-[0-9a-f]{8}$/)]);
      stopping.abort();
      return new Promise(() => undefined);
    };
    expect(await failureOf(write("a", streamOf(["x"], hang), { stop: stopping.signal }))).toBe("Stopped: a was not written");
    expect(readdirSync(folder)).toEqual([]);
  }
});

asRoot(`Without permission, on a disk that can only be read, and on a full one nothing is left.${unlessRoot}`, async () => {
  mkdirSync(join(folder, "closed"), { mode: 0o755 });
  process.seteuid?.(65_534);
  const closed = await failureOf(write("closed/a", streamOf(["x"]))).finally(() => process.seteuid?.(0));
  expect(closed).toMatch(/^closed\/a cannot be written: there is no permission$/);

  const disk = join(folder, "disk");
  mkdirSync(disk);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]);
  try {
    const large = Array.from({ length: 40 }, () => "x".repeat(65_536));
    expect(await failureOf(write("disk/a", streamOf(large)))).toBe("disk/a cannot be written: the disk is full");
    expect(readdirSync(disk)).toEqual([]);
    execFileSync("mount", ["-o", "remount,ro", disk]);
    expect(await failureOf(write("disk/a", streamOf(["x"])))).toBe("disk/a cannot be written: the disk can only be read");
  } finally {
    execFileSync("umount", [disk]);
  }
});
