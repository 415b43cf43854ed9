import { mkdtemp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { newCommandLine, type CommandLine } from "../support/cli.js";
import { blocksOf, examplePaths, examplesOf } from "../support/documents.js";
import { run } from "../support/process.js";

const KEY = "bks_live_a_key_for_the_documents";

let cli: CommandLine;
let server: Awaited<ReturnType<CommandLine["serve"]>>;
beforeAll(async () => {
  cli = await newCommandLine();
  server = await cli.serve({ BOOTSTRAP_API_KEY: KEY });
  // README stores the session that the examples of all documents use.
  for (const [command, answer] of examplesOf("README.md", "sh", "json")) expectAnswer(await runShell(command.text), answer.text);
});
afterAll(() => cli.remove());

/** Replaces the address in an example by that of this test's server. */
const here = (text: string) => text.replaceAll("http://localhost:4000", server.url);

/** The expected value, with "..." standing for any text. */
function pattern(value: unknown): unknown {
  if (value === "...") return expect.any(String);
  if (Array.isArray(value)) return value.map(pattern);
  if (value !== null && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, pattern(inner)]));
  return value;
}

async function runShell(text: string): Promise<string> {
  return (await run("bash", ["-c", here(text)], { KEY })).stdout;
}

function expectAnswer(printed: string, shown: string): void {
  expect(JSON.parse(printed)).toEqual(pattern(JSON.parse(here(shown))));
}

async function askGraphQL(query: string): Promise<string> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${KEY}` };
  const answer = await fetch(`${server.url}/api/v1/graphql`, { method: "POST", headers, body: JSON.stringify({ query }) });
  return answer.text();
}

const others = examplePaths.filter((path) => path !== "README.md");

test.each(others.filter((path) => examplesOf(path, "sh", "json").length > 0))(
  "The curl examples of %s print the answers that are shown beneath them.",
  async (path) => {
    for (const [command, answer] of examplesOf(path, "sh", "json")) expectAnswer(await runShell(command.text), answer.text);
  },
);

test.each(examplePaths.filter((path) => examplesOf(path, "graphql", "json").length > 0))(
  "The queries of %s have the answers that are shown beneath them.",
  async (path) => {
    for (const [query, answer] of examplesOf(path, "graphql", "json")) expectAnswer(await askGraphQL(query.text), answer.text);
  },
);

test.each(examplePaths.filter((path) => examplesOf(path, "js", "text").length > 0))(
  "The JavaScript examples of %s print what is shown beneath them.",
  async (path) => {
    for (const [script, output] of examplesOf(path, "js", "text")) {
      const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", here(script.text)], { KEY });
      expect(stdout).toBe(output.text);
    }
  },
);

test("The documents have examples of every kind: curl, queries, JavaScript.", () => {
  const count = (language: string, answer: string) => examplePaths.flatMap((path) => examplesOf(path, language, answer)).length;
  expect(count("sh", "json")).toBeGreaterThanOrEqual(7);
  expect(count("graphql", "json")).toBeGreaterThanOrEqual(5);
  expect(count("js", "text")).toBeGreaterThanOrEqual(2);
});

test("The configuration for graphql-codegen makes types, without a key.", async () => {
  const [config] = blocksOf("docs/clients.md").filter(({ language }) => language === "yaml");
  const folder = await mkdtemp(join(tmpdir(), "backstory-docs-"));
  try {
    await mkdir(join(folder, "src"));
    await writeFile(join(folder, "codegen.yml"), here(config?.text ?? ""));
    await writeFile(join(folder, "src/latest.graphql"), "query Latest { sessions(limit: 3) { id } }");
    const cwd = process.cwd();
    const script = `cd ${folder} && "${process.execPath}" "${cwd}/node_modules/.bin/graphql-codegen" --config codegen.yml`;
    const { code, stderr } = await run("bash", ["-c", script], { NODE_PATH: join(cwd, "node_modules") });

    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(await readFile(join(folder, "src/types.ts"), "utf8")).toContain("export type LatestQuery");
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("The start prints the lines that are shown, on the first start with a key that works.", async () => {
  const fresh = await cli.serve({ DATA_DIR: join(cli.dataDir, "folders", "that are made") });
  const [, key = ""] = /^Your API key: (bks_live_\w{43})$/m.exec(fresh.output()) ?? [];
  const shown = blocksOf("README.md").find(({ text }) => text.includes("Your API key"))?.text ?? "";

  expect(fresh.output().replaceAll(fresh.url, "http://localhost:4000").replace(key, "bks_live_...")).toContain(shown.trim());
  const answer = await fetch(`${fresh.url}/api/v1/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify({ query: "{ viewer { email } }" }),
  });
  expect(await answer.json()).toEqual({ data: { viewer: { email: expect.any(String) } } });
});
