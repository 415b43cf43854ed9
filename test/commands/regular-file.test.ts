import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { NotRegularFileError, readRegularFile } from "../../src/commands/regular-file.js";
import { run } from "../support/process.js";

const limit = { bytes: 1_000, setting: "MAX_UPLOAD_BYTES" };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "backstory-file-"));
  await writeFile(join(folder, "file"), "text");
  await symlink(join(folder, "file"), join(folder, "link"));
  await run("mkfifo", [join(folder, "fifo")]);
});
afterAll(() => rm(folder, { recursive: true }));

test("A regular file is read whole.", async () => {
  expect((await readRegularFile(join(folder, "file"), limit)).toString()).toBe("text");
});

test.each(["link", "fifo"])("A path that has become a %s since it was listed is neither followed nor waited for.", async (name) => {
  await expect(readRegularFile(join(folder, name), limit)).rejects.toBeInstanceOf(NotRegularFileError);
});

test("A device is not read.", async () => {
  await expect(readRegularFile("/dev/zero", limit)).rejects.toThrow("no regular file");
});

test("A file with more bytes than its size says, as one that grows, is read to the limit only.", async () => {
  await expect(readRegularFile("/proc/self/smaps", limit)).rejects.toThrow("larger than 1000 bytes, the limit of MAX_UPLOAD_BYTES");
});
