import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { findHistory } from "../../src/commands/history-folder.js";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "backstory-folder-"));
  await mkdir(join(root, "app/.specstory/history/drafts.md"), { recursive: true });
  for (const name of ["b.md", "a.MD", "c.txt"]) await writeFile(join(root, "app/.specstory/history", name), "");
  await writeFile(join(root, "app/readme.md"), "");
});
afterAll(() => rm(root, { recursive: true }));

test.each(["app", "app/.specstory", "app/.specstory/history"])(
  "Given %s, the Markdown files of the history are found in the order of their names, and the project is called app.",
  async (given) => {
    expect(await findHistory(join(root, given))).toEqual({
      folder: join(root, "app/.specstory/history"),
      projectName: "app",
      fileNames: ["a.MD", "b.md"],
      skipped: [],
    });
  },
);

test("A folder without .specstory is itself the history, and gives its name to the project.", async () => {
  const plain = join(root, "exported");
  await mkdir(plain);
  expect(await findHistory(plain)).toEqual({ folder: plain, projectName: "exported", fileNames: [], skipped: [] });
});

test("A file is no folder of files.", async () => {
  await expect(findHistory(join(root, "app/readme.md"))).rejects.toThrow(/readme\.md cannot be read/);
});

test("A folder may be named by a link to it, but a link on the way to the history inside it is reported instead of followed.", async () => {
  await symlink(join(root, "app"), join(root, "shortcut"));
  await mkdir(join(root, "other/.specstory"), { recursive: true });
  await symlink(join(root, "app/.specstory/history"), join(root, "other/.specstory/history"));

  const named = await findHistory(join(root, "shortcut"));
  const inside = await findHistory(join(root, "other"));

  expect(named).toMatchObject({ projectName: "shortcut", fileNames: ["a.MD", "b.md"], skipped: [] });
  const path = join(root, "other/.specstory/history");
  const reason = "a link, which is not followed: name the folder that it leads to";
  expect(inside).toEqual({ folder: path, projectName: "other", fileNames: [], skipped: [{ path, reason }] });
});
