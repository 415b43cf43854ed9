import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { buildSchema } from "graphql";
import { newCommandLine, type CommandLine } from "../support/cli.js";
import { run } from "../support/process.js";

let cli: CommandLine;
beforeAll(async () => {
  cli = await newCommandLine();
});
afterAll(() => cli.remove());

test("Help is an answer, not a failure, and names every command.", async () => {
  const { code, stdout, stderr } = await cli.backstory(["--help"]);

  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const command of ["serve", "migrate", "user", "key", "import", "export", "schema", "device-code"]) {
    expect(stdout).toMatch(new RegExp(`^ {2}${command}\\b`, "m"));
  }
});

test.each([
  [["sevre"], "error: unknown command 'sevre'"],
  [["key", "make"], "error: unknown command 'make'"],
  [["import"], "error: missing required argument 'dir'"],
])("The mistyped command %j is named in one line, and the exit code is 1.", async (args, message) => {
  expect(await cli.backstory(args)).toEqual({ code: 1, stdout: "", stderr: `${message}\nSee: backstory --help\n` });
});

test("Wrong settings are all named at once, without a stack, and stop every command with exit code 1.", async () => {
  const wrong = { PORT: "http", RATE_LIMIT_GRAPHQL: "many", DATABASE_URL: "mysql://localhost" };

  for (const args of [[], ["user", "list"]]) {
    const { code, stdout, stderr } = await cli.backstory(args, wrong);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^Wrong settings:\n {2}PORT: .+\n {2}DATABASE_URL: .+\n {2}RATE_LIMIT_GRAPHQL: .+\n$/);
  }
});

test("A database that cannot be reached is named in one line, without a stack.", async () => {
  const { code, stderr } = await cli.backstory(["user", "list"], { DATABASE_URL: "postgres://postgres@127.0.0.1:1/none" });

  expect({ code, stderr }).toEqual({ code: 1, stderr: "The database cannot be opened: connect ECONNREFUSED 127.0.0.1:1\n" });
});

test("The schema is printed without a database, and is a schema.", async () => {
  const { code, stdout } = await cli.backstory(["schema"], { DATABASE_URL: "postgres://postgres@127.0.0.1:1/none" });

  expect(code).toBe(0);
  expect(buildSchema(stdout).getQueryType()?.getFields()).toHaveProperty("errorCatalog");
});

test("Migrating brings a new database to this version, and another time finds nothing to do.", async () => {
  const first = await cli.backstory(["migrate"]);
  const second = await cli.backstory(["migrate"]);

  expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^(applied \d+_\w+\n)+$/) });
  expect(second).toEqual({ code: 0, stdout: "The database is up to date.\n", stderr: "" });
});

test("A user is listed with the id that was printed, and with the address in lower case.", async () => {
  const none = await cli.backstory(["key", "create"]);
  const made = await cli.backstory(["user", "create", "First@Example.com"]);
  const bad = await cli.backstory(["user", "create", "first"]);
  const list = await cli.backstory(["user", "list"]);

  expect(none).toMatchObject({ code: 1, stderr: "There is no user yet; make one with: backstory user create EMAIL\n" });
  expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[0-9a-f-]{36}\n$/) });
  expect(bad).toMatchObject({ code: 1, stderr: "email: must be an e-mail address\n" });
  expect(list.stdout.split("\t").slice(0, 2)).toEqual([made.stdout.trim(), "first@example.com"]);
});

test("A key is printed alone, is listed without its text, and is revoked by its id.", async () => {
  const made = await cli.backstory(["key", "create", "--name", "ci", "--scopes", "projects:read, sessions:read", "--rate-limit", "5/1m"]);
  const listed = await cli.backstory(["key", "list"]);
  const [id = "", ...columns] = listed.stdout.trim().split("\t");
  const revoked = await cli.backstory(["key", "revoke", id]);
  const after = await cli.backstory(["key", "list"]);

  expect(made).toEqual({ code: 0, stdout: expect.stringMatching(/^bks_live_\w+\n$/), stderr: "" });
  expect(columns).toEqual(["ci", "projects:read,sessions:read", expect.stringMatching(/^20/), "active"]);
  expect(listed.stdout).not.toContain(made.stdout.trim());
  expect(revoked).toEqual({ code: 0, stdout: `revoked ${id}\n`, stderr: "" });
  expect(after.stdout).toMatch(/\trevoked 20\S+\n$/);
});

test.each([
  [["create", "--scopes", "projects:read,everything"], "--scopes: must be one of projects:read"],
  [["create", "--expires", "2020-01-01T00:00:00Z"], "--expires: must be in the future"],
  [["revoke", "00000000-0000-4000-8000-000000000000"], "There is no key 00000000-0000-4000-8000-000000000000"],
])("key %j is rejected in one line that says why.", async (args, message) => {
  const { code, stdout, stderr } = await cli.backstory(["key", ...args]);

  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain(message);
  expect(stderr.match(/\n/g)).toHaveLength(1);
});

test("A device code is six letters or digits, printed alone.", async () => {
  expect(await cli.backstory(["device-code"])).toEqual({ code: 0, stdout: expect.stringMatching(/^[A-Z0-9]{6}\n$/), stderr: "" });
});

test.each([
  ["npm", ["start", "--silent", "--", "key", "--help"]],
  ["npx", ["--no-install", "backstory", "key", "--help"]],
])("In the clone, %s %j runs the command.", async (program, args) => {
  const { code, stdout } = await run(program, args);

  expect(code).toBe(0);
  expect(stdout).toMatch(/^Usage: backstory key /);
});
