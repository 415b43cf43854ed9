import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "@jest/globals";
import { blocksOf, documentPaths, proseOf, readDocument } from "../support/documents.js";
import { settings } from "../../src/config.js";
import { allScopes, toScopeEnumName } from "../../src/core/auth/scopes.js";
import { errorCodes, errorReasons } from "../../src/core/errors/catalogue.js";
import { runBackstory } from "../support/process.js";

type Package = { readonly scripts: Readonly<Record<string, string>> };
const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as Package;

/**
 * The language of the block that must follow a block of each language, so that a test runs it. Text is output, or a command
 * that no test runs.
 */
const ANSWERS: Readonly<Record<string, readonly string[]>> = { graphql: ["json"], js: ["text"] };
const LANGUAGES = ["sh", "json", "js", "text", "graphql", "yaml"];

/** Words in capitals that are neither settings nor errors nor scopes: variables of other programs, roles, methods. */
const OTHER_WORDS =
  /^(POSTGRES_PASSWORD|SITE_ADDRESS|TEST_\w+|BENCH_\w+|FAULT_\w+|CHROMIUM_PATH|DEVICE|VIEWER|EDITOR|LAYERS|GET|POST|LICENSE)$/;

/** How GitHub makes the anchor of a heading. */
const anchorOf = (heading: string) => heading.toLowerCase().replaceAll(/[^\w\- ]/g, "").replaceAll(" ", "-"); // prettier-ignore

const anchorsOf = (path: string) => [...readDocument(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading));

test.each(documentPaths)("Every link of %s within the repository leads to something.", (path) => {
  const links = [...proseOf(path).matchAll(/\]\(([^)]+)\)/g)].map(([, target = ""]) => target);
  const broken = links.filter((target) => {
    if (/^https?:/.test(target)) return false;
    const [file = "", anchor] = target.split("#");
    const found = file === "" ? path : join(dirname(path), file);
    return !existsSync(found) || (anchor !== undefined && !anchorsOf(found).includes(anchor));
  });
  expect(broken).toEqual([]);
});

test.each(documentPaths)("Every file and folder that %s names exists.", (path) => {
  const named = [...proseOf(path).matchAll(/`((?:src|test|docs|prisma|scripts)\/[\w./-]+)`/g)].map(([, name = ""]) => name);
  expect(named.filter((name) => !existsSync(name))).toEqual([]);
});

test.each(documentPaths)("Every setting and error that %s names exists.", (path) => {
  const known = new Set<string>([...Object.keys(settings), ...errorCodes, ...errorReasons, ...allScopes.map(toScopeEnumName)]);
  const named = [...proseOf(path).matchAll(/`([A-Z][A-Z_]{2,})(?:=[^`]*)?`/g)].map(([, name = ""]) => name);
  expect(named.filter((name) => !known.has(name) && !OTHER_WORDS.test(name))).toEqual([]);
});

test.each(documentPaths)("Every npm script that %s names exists.", (path) => {
  const named = [...readDocument(path).matchAll(/npm (?:run )?(?:-s )?([a-z:]+)/g)].map(([, name = ""]) => name);
  expect(named.filter((name) => !(name in scripts) && !["ci", "install"].includes(name))).toEqual([]);
});

test.each(documentPaths)("Every piece of code of %s says its language, and what must be run has its answer beneath it.", (path) => {
  const blocks = blocksOf(path);
  expect(blocks.filter(({ language }) => !LANGUAGES.includes(language))).toEqual([]);
  blocks.forEach(({ language, text }, index) => {
    const next = blocks[index + 1]?.language ?? "none";
    if (language in ANSWERS) expect(ANSWERS[language]).toContain(next);
    if (language === "sh" && !/^(\w+=\S+ )*npm /.test(text)) expect(next).toBe("json");
    if (language === "json") expect(["sh", "graphql"]).toContain(blocks[index - 1]?.language);
  });
});

test("Every command and option that the documents show is one that the command line knows.", async () => {
  const lines = documentPaths.flatMap((path) => [...readDocument(path).matchAll(/(?:npm start --|npx backstory) ([a-z][^`\n]*)/g)]);
  const shown = lines.map(([, text = ""]) => text.replace(/ #.*$/, "").split(" "));
  expect(shown.length).toBeGreaterThanOrEqual(3);

  for (const words of shown) {
    const command = words.slice(0, /^(key|user)$/.test(words[0] ?? "") ? 2 : 1);
    const { code, stdout } = await runBackstory([...command, "--help"]);
    expect({ command, code }).toEqual({ command, code: 0 });
    for (const option of words.filter((word) => word.startsWith("--"))) expect(stdout).toContain(`${option} `);
  }
});
