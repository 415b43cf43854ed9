import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "@jest/globals";
import { tableUnder } from "../support/documents.js";
import { run } from "../support/process.js";

const ARCHITECTURE = "docs/architecture.md";

/** FLOORS of eslint.config.js, read by Node.js itself: the plugins of lint are of no use in here. */
let floors: string[];
beforeAll(async () => {
  const script = 'import("./eslint.config.js").then(({ FLOORS }) => process.stdout.write(JSON.stringify(FLOORS)))';
  floors = JSON.parse((await run(process.execPath, ["--eval", script])).stdout) as string[];
});

test("The floors of the architecture are those of lint, in their order.", () => {
  expect(tableUnder(ARCHITECTURE, "Floors").map(([floor]) => floor)).toEqual(floors);
});

test("Every floor says in one line what it is for.", () => {
  expect(tableUnder(ARCHITECTURE, "Floors").filter(([, about = ""]) => about.length < 5)).toEqual([]);
});

test("Every floor exists, and every source file stands on one.", () => {
  const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const standsOn = (file: string, floor: string) => file === floor || file.startsWith(`${floor}/`);

  expect(floors.filter((floor) => !existsSync(join("src", floor)))).toEqual([]);
  expect(files.filter((file) => !floors.some((floor) => standsOn(file, floor)))).toEqual([]);
});

test("The table of other folders has every folder of the repository that is not made by a command, and no other.", () => {
  const ignored = readFileSync(".gitignore", "utf8").split("\n").map((line) => line.replace("/", "")); // prettier-ignore
  const folders = readdirSync(".").filter((name) => !name.startsWith(".") && statSync(name).isDirectory() && !ignored.includes(name));
  const documented = tableUnder(ARCHITECTURE, "Other folders").map(([folder]) => folder);
  expect([...documented, "src"].sort()).toEqual(folders.sort());
});
