import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "@jest/globals";
import { tableUnder } from "../support/documents.js";
import { run } from "../support/process.js";

const ARCHITECTURE = "docs/architecture.md";

/** LAYERS of eslint.config.js. A new Node.js process reads it, because jest cannot import the plugins of lint. */
let layers: string[];
beforeAll(async () => {
  const script = 'import("./eslint.config.js").then(({ LAYERS }) => process.stdout.write(JSON.stringify(LAYERS)))';
  layers = JSON.parse((await run(process.execPath, ["--eval", script])).stdout) as string[];
});

test("The layers of the architecture are those of lint, in their order.", () => {
  expect(tableUnder(ARCHITECTURE, "Layers").map(([layer]) => layer)).toEqual(layers);
});

test("Every layer says in one line what it is for.", () => {
  expect(tableUnder(ARCHITECTURE, "Layers").filter(([, about = ""]) => about.length < 5)).toEqual([]);
});

test("Every layer exists, and every source file belongs to one.", () => {
  const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const belongsTo = (file: string, layer: string) => file === layer || file.startsWith(`${layer}/`);

  expect(layers.filter((layer) => !existsSync(join("src", layer)))).toEqual([]);
  expect(files.filter((file) => !layers.some((layer) => belongsTo(file, layer)))).toEqual([]);
});

test("The table of other folders has every folder of the repository that is not made by a command, and no other.", () => {
  const ignored = readFileSync(".gitignore", "utf8").split("\n").map((line) => line.replace("/", "")); // prettier-ignore
  const folders = readdirSync(".").filter((name) => !name.startsWith(".") && statSync(name).isDirectory() && !ignored.includes(name));
  const documented = tableUnder(ARCHITECTURE, "Other folders").map(([folder]) => folder);
  expect([...documented, "src"].sort()).toEqual(folders.sort());
});
