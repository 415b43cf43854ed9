import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { allScopes, scopes, toScopeEnumName } from "../../src/core/auth/scopes.js";
import { settings } from "../../src/config.js";
import { catalogue, errorReasons } from "../../src/core/errors/catalogue.js";
import { restRoutes } from "../../src/server/rest/routes.js";
import { newCommandLine, type CommandLine } from "../support/cli.js";
import { run, runBackstory } from "../support/process.js";

const README = readFileSync("README.md", "utf8");
const KEY = "bks_live_readme_key";

type Block = { readonly language: string; readonly text: string };
const blocks: Block[] = [...README.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, language = "", text = ""]) => ({ language, text }));

let cli: CommandLine;
let server: Awaited<ReturnType<CommandLine["serve"]>>;
beforeAll(async () => {
  cli = await newCommandLine();
  server = await cli.serve({ BOOTSTRAP_API_KEY: KEY });
});
afterAll(() => cli.remove());

/** The example as it is run here: the same, with the address of this test's server. */
const here = (text: string) => text.replaceAll("http://localhost:4000", server.url);

/** What follows an example is what it prints. */
function examplesOf(language: string, answer: string): [Block, Block][] {
  return blocks.flatMap((block, index) => {
    const next = blocks[index + 1];
    return block.language === language && next?.language === answer ? [[block, next] as [Block, Block]] : [];
  });
}

/** The expected value, with "..." standing for any text. */
function pattern(value: unknown): unknown {
  if (value === "...") return expect.any(String);
  if (Array.isArray(value)) return value.map(pattern);
  if (value !== null && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, pattern(inner)]));
  return value;
}

test("The curl examples print the answers that are shown beneath them.", async () => {
  const examples = examplesOf("sh", "json");
  expect(examples.length).toBeGreaterThanOrEqual(3);

  for (const [command, answer] of examples) {
    const { stdout } = await run("bash", ["-c", here(command.text)], { KEY });
    expect(JSON.parse(stdout)).toEqual(pattern(JSON.parse(here(answer.text))));
  }
});

test("The JavaScript examples of the clients print what is shown beneath them.", async () => {
  const examples = examplesOf("js", "text");
  expect(examples.length).toBeGreaterThanOrEqual(2);

  for (const [script, output] of examples) {
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", here(script.text)], { KEY });
    expect(stdout).toBe(output.text);
  }
});

test("The start prints the lines that are shown, on the first start with a key that works.", async () => {
  const fresh = await cli.serve({ DATA_DIR: join(cli.dataDir, "folders", "that are made") });
  const [, key = ""] = /^Your API key: (bks_live_\w{43})$/m.exec(fresh.output()) ?? [];
  const shown = blocks.find(({ text }) => text.includes("Your API key"))?.text ?? "";

  expect(fresh.output().replaceAll(fresh.url, "http://localhost:4000").replace(key, "bks_live_...")).toContain(shown.trim());
  const answer = await fetch(`${fresh.url}/api/v1/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify({ query: "{ viewer { email } }" }),
  });
  expect(await answer.json()).toEqual({ data: { viewer: { email: expect.any(String) } } });
});

/** The rows of the table under a heading, each as its cells without code marks. */
function tableUnder(heading: string): string[][] {
  const section = README.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("|"));
  return rows.slice(2).map((row) => row.slice(1, -1).split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/^`([^`]*)`$/, "$1"))); // prettier-ignore
}

test("The table of settings has every setting with its default and its meaning, and no other.", () => {
  const expected = Object.entries(settings).map(([name, { fallback, about }]) => [name, fallback ?? "", about]);
  expect(tableUnder("Settings")).toEqual(expected);
});

test("The table of errors is the catalogue.", () => {
  const expected = errorReasons.map((reason) => {
    const { code, httpStatus, retryable } = catalogue[reason];
    return [code, reason, String(httpStatus), retryable ? "yes" : "no"];
  });
  expect(tableUnder("Errors")).toEqual(expected);
});

test("The table of scopes has every scope, and no other.", () => {
  expect(tableUnder("Keys and access")).toEqual(allScopes.map((scope) => [scope, toScopeEnumName(scope), scopes[scope]]));
});

test("The table of REST routes has every route with what it does, and no other.", () => {
  expect(tableUnder("REST")).toEqual(restRoutes.map(({ method, path, summary }) => [`${method} ${path}`, summary]));
});

test("Every command of the command line is in its table, and no other.", async () => {
  const { stdout } = await runBackstory(["--help"]);
  const [, list = ""] = stdout.split("Commands:");
  const commands = [...list.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name = ""]) => name).filter((name) => name !== "help");
  const documented = tableUnder("Command line").map(([cell = ""]) => /[a-z-]+/.exec(cell)?.[0]);
  expect([...documented].sort()).toEqual([...commands].sort());
});
