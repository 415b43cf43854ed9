import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { FolderLockedError, lockFolder } from "../../src/db/embedded/folder-lock.js";

/** Another process that takes the folder when it is told to, says how that went, and keeps it as long as it lives. */
const CONTENDER = `
  import { lockFolder } from "./dist/db/embedded/folder-lock.js";
  console.log("ready");
  process.stdin.once("data", () => lockFolder(process.argv[1]).then(() => console.log("held"), (error) => console.log(error.name)));
`;

async function startContender(folder: string, env: Readonly<Record<string, string>> = {}) {
  const args = ["--input-type=module", "-e", CONTENDER, folder];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...env } });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  await lines.next();
  return {
    async take(): Promise<unknown> {
      child.stdin.write("go\n");
      return (await lines.next()).value;
    },
    async kill() {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "backstory-lock-"));
});
afterAll(() => rm(root, { recursive: true }));

test("A folder is made if need be, held by one at a time, and free again after its release.", async () => {
  const folder = join(root, "made/on the way");
  const release = await lockFolder(folder);

  await expect(lockFolder(folder)).rejects.toBeInstanceOf(FolderLockedError);
  await release();
  const again = await lockFolder(folder);

  await expect(lockFolder(folder)).rejects.toThrow(/in use by another process.*Use the running server's API, or stop the server first/);
  await again();
});

test("A folder is the same one by every path that leads to it, and one with a very long path is locked too.", async () => {
  const folder = join(root, "long".repeat(30));
  const release = await lockFolder(folder);

  await expect(lockFolder(join(folder, "..", "long".repeat(30)))).rejects.toBeInstanceOf(FolderLockedError);
  await release();
});

test("Processes with different folders for temporary files keep each other out, and leave nothing there.", async () => {
  const folder = join(root, "elsewhere".repeat(12));
  const temporary = await Promise.all(["a", "b"].map((name) => mkdtemp(join(root, name))));
  const contenders = await Promise.all(temporary.map((TMPDIR) => startContender(folder, { TMPDIR })));

  const outcomes = await Promise.all(contenders.map((contender) => contender.take()));

  expect(outcomes.sort()).toEqual(["FolderLockedError", "held"]);
  expect(await readdir(folder)).toEqual(["holder"]);
  expect(await Promise.all(temporary.map((path) => readdir(path)))).toEqual([[], []]);
  await Promise.all(contenders.map((contender) => contender.kill()));
});

test("Another process is kept out as long as the holder lives, and is let in at once when the holder was killed.", async () => {
  const folder = join(root, "killed");
  const [first, second, third] = await Promise.all([startContender(folder), startContender(folder), startContender(folder)]);

  expect(await first.take()).toBe("held");
  expect(await second.take()).toBe("FolderLockedError");
  await first.kill();
  expect(await third.take()).toBe("held");
  await Promise.all([second.kill(), third.kill()]);
});

test("Of many that find the lock of a killed process at the same time, exactly one gets the folder, and nothing is left lying about.", async () => {
  const folder = join(root, "raced");
  for (let round = 0; round < 3; round += 1) {
    const gone = await startContender(folder);
    await gone.take();
    await gone.kill();
    const contenders = await Promise.all(Array.from({ length: 5 }, () => startContender(folder)));

    const outcomes = await Promise.all(contenders.map((contender) => contender.take()));

    expect(outcomes.filter((outcome) => outcome === "held")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "FolderLockedError")).toHaveLength(4);
    expect(await readdir(folder)).toEqual(["holder"]);
    await Promise.all(contenders.map((contender) => contender.kill()));
  }
});
