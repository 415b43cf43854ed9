import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { newCommandLine, type CommandLine } from "../support/cli.js";

let cli: CommandLine;
beforeAll(async () => {
  cli = await newCommandLine();
});
afterAll(() => cli.remove());

test("A limit of a field that there is not ends the start and says so, also while Redis is being connected to.", async () => {
  const settings = { RATE_LIMIT_FIELDS: "Query.nothing=1/1s", REDIS_URL: process.env.TEST_REDIS_URL ?? "redis://127.0.0.1:1" };
  const { code, stdout, stderr } = await cli.backstory(["serve"], settings);

  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toBe("Wrong settings:\n  RATE_LIMIT_FIELDS: the schema has no field Query.nothing\n");
});
