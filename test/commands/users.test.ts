import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { newCommandLine, type CommandLine } from "../support/cli.js";

let cli: CommandLine;
let ids: string[];
beforeAll(async () => {
  cli = await newCommandLine();
  ids = [];
  for (const email of ["admin@example.com", "other@example.com"]) {
    ids.push((await cli.backstory(["user", "create", email])).stdout.trim());
    await cli.backstory(["key", "create", "--user", email, "--scopes", email.startsWith("admin") ? "admin" : "projects:read"]);
  }
});
afterAll(() => cli.remove());

const user = (...args: string[]) => cli.backstory(["user", ...args]);

test("A user is locked and unlocked by address, in whatever case, and the list says so.", async () => {
  const locked = await user("lock", "Other@Example.com");
  const whileLocked = await user("list");
  const code = await cli.backstory(["device-code", "--user", "other@example.com"]);
  const unlocked = await user("unlock", "other@example.com");
  const after = await user("list");

  expect(locked).toEqual({ code: 0, stdout: `locked ${ids[1]}\n`, stderr: "" });
  expect(unlocked).toEqual({ code: 0, stdout: `unlocked ${ids[1]}\n`, stderr: "" });
  expect(code).toEqual({
    ...{ code: 1, stdout: "" },
    stderr: "The user other@example.com is locked; unlock it with: backstory user unlock other@example.com\n",
  });
  const statesOf = ({ stdout }: { stdout: string }) => stdout.trim().split("\n").map((line) => line.split("\t")[3]); // prettier-ignore
  expect(statesOf(whileLocked)).toEqual(["active", expect.stringMatching(/^locked 20/)]);
  expect(statesOf(after)).toEqual(["active", "active"]);
  expect(after.stdout.split("\n")[0]?.split("\t").slice(4)).toEqual(["0 projects", "0 sessions", "0 bytes"]);
});

test.each(["lock", "unlock", "delete"])("user %s of an address that nobody has is one line and exit code 1.", async (command) => {
  expect(await user(command, "nobody@example.com")).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringMatching(/^There is no user nobody@example.com;.*\n$/),
  });
});

test.each([["lock"], ["delete"], ["delete", "--yes"]])(
  "user %s %s of the last user with an admin key is refused in one line.",
  async (command, ...more) => {
    expect(await user(command, "admin@example.com", ...more)).toEqual({
      ...{ code: 1, stdout: "" },
      stderr: "No other user has a working key with the scope admin; make one first\n",
    });
  },
);

test("Deleting a user shows what would go, and does it with --yes; the audit log tells of the command line as nobody.", async () => {
  const asked = await user("delete", "other@example.com");
  const listed = await user("list");
  const done = await user("delete", "other@example.com", "--yes");
  const after = await user("list");
  const entries = await cli.inside(({ services }) =>
    services.audit.page(
      { userId: ids[0] ?? "", keyId: "", budgetId: "", kind: "API_KEY", scopes: new Set(["admin"]), expiresAt: null, rateLimit: null },
      {},
      { bounds: { inverted: true }, limit: 100 },
    ),
  );

  const has = "0 projects (0 shared with others), 0 sessions, 0 bytes, 1 keys, 0 devices, 0 memberships, 0 invitations";
  expect(asked).toEqual({
    ...{ code: 1, stdout: `other@example.com has ${has}\n` },
    stderr: "Nothing was deleted. To delete all of this for good: backstory user delete other@example.com --yes\n",
  });
  expect(listed.stdout.trim().split("\n")).toHaveLength(2);
  expect(done).toEqual({ code: 0, stdout: `deleted other@example.com: ${has}\n`, stderr: "" });
  expect(after.stdout.trim().split("\n")).toHaveLength(1);
  expect(entries.map(({ action }) => action)).toEqual([
    ...["USER_CREATED", "KEY_CREATED", "USER_CREATED", "KEY_CREATED"],
    ...["USER_LOCKED", "USER_UNLOCKED", "USER_LOCKED", "USER_DELETED"],
  ]);
  for (const { actorEmail, keyId } of entries) expect([actorEmail, keyId]).toEqual([null, null]);
});
