import { expect, test } from "@jest/globals";
import { settings } from "../../src/config.js";
import { allScopes, scopes, toScopeEnumName } from "../../src/core/auth/scopes.js";
import { catalogue, errorReasons } from "../../src/core/errors/catalogue.js";
import { restRoutes } from "../../src/server/rest/routes.js";
import { tableUnder } from "../support/documents.js";
import { runBackstory } from "../support/process.js";
import { save } from "../support/actions.js";
import { startTestServer } from "../support/server.js";

// `npm run docs` writes the first four tables anew.

test("The table of settings has every setting with its default and its meaning, and no other.", () => {
  const expected = Object.entries(settings).map(([name, { fallback, about }]) => [name, fallback ?? "", about]);
  expect(tableUnder("docs/operations.md", "Settings")).toEqual(expected);
});

test("The table of errors is the catalogue.", () => {
  const expected = errorReasons.map((reason) => {
    const { code, httpStatus, retryable, description, solution } = catalogue[reason];
    return [code, reason, String(httpStatus), retryable ? "yes" : "no", description, solution];
  });
  expect(tableUnder("docs/errors.md", "Catalogue")).toEqual(expected);
});

test("The table of scopes has every scope, and no other.", () => {
  const expected = allScopes.map((scope) => [scope, toScopeEnumName(scope), scopes[scope]]);
  expect(tableUnder("docs/access.md", "Keys and scopes")).toEqual(expected);
});

test("The table of REST routes has every route with what it does, and no other.", () => {
  const expected = restRoutes.map(({ method, path, summary }) => [`${method} ${path}`, summary]);
  expect(tableUnder("docs/rest.md", "Routes")).toEqual(expected);
});

test("Every command of the command line is in its table, and no other.", async () => {
  const { stdout } = await runBackstory(["--help"]);
  const [, list = ""] = stdout.split("Commands:");
  const commands = [...list.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name = ""]) => name).filter((name) => name !== "help");
  const documented = tableUnder("docs/operations.md", "Command line").map(([cell = ""]) => /[a-z-]+/.exec(cell)?.[0]);
  expect([...documented].sort()).toEqual([...commands].sort());
});

test("The table of metrics has every metric of the server with its labels, and no other.", async () => {
  const server = await startTestServer({ DATA_DIR: "docs", DISK_WARN_BYTES: "0" });
  const { key } = await server.addUser();
  await save(server, key);
  await server.query(key, '{ projects { id } project(id: "no-such-project") { id } }');
  const { body } = await server.send("/metrics");
  await server.close();

  const found = new Map<string, Set<string>>();
  const names = [...String(body).matchAll(/^# TYPE (backstory_\w+)/gm)].map(([, name = ""]) => name);
  for (const name of names) {
    const series = [...String(body).matchAll(new RegExp(`^${name}(?:_bucket)?\\{(.*)\\}`, "gm"))].map(([, labels = ""]) => labels);
    const labels = series.flatMap((text) => [...text.matchAll(/(\w+)="/g)].map(([, label = ""]) => label));
    found.set(name, new Set(labels.filter((label) => label !== "le").sort()));
  }
  const expected = [...found].map(([name, labels]) => (labels.size === 0 ? name : `${name}{${[...labels].join(",")}}`));
  const documented = tableUnder("docs/operations.md", "Metrics").map(([name = ""]) => name.replaceAll("`", ""));
  const sorted = documented.filter((name) => name.startsWith("backstory_")).map((name) => name.replace(/\{(.*)\}/, (_, labels: string) => `{${labels.split(",").sort().join(",")}}`)); // prettier-ignore
  expect(sorted.sort()).toEqual(expected.sort());
});
