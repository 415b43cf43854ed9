import { createServer, type AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { newCommandLine, type CommandLine } from "../support/cli.js";

const FIRST_KEY =
  /^Backstory is at (http:\/\/localhost:\d+)\nGraphiQL: {2}\1\/api\/v1\/graphql\n\nYour API key: (bks_live_\S+)\nIt is shown this once/;

let cli: CommandLine;
/** Another one, of the first start. */
let own: CommandLine;
beforeAll(async () => {
  cli = await newCommandLine();
  own = await newCommandLine();
});
afterAll(async () => {
  await cli.remove();
  await own.remove();
});

async function emailOf(address: string, key: string): Promise<unknown> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
  const answer = await fetch(`${address}/api/v1/graphql`, { method: "POST", headers, body: `{"query":"{ viewer { email } }"}` });
  return answer.json();
}

test("The first start prints a key that works and the address of GraphiQL; a later start prints no key, and the first one still works.", async () => {
  const first = await own.serve();
  const [, address = "", key = ""] = FIRST_KEY.exec(first.output()) ?? [];
  expect(await emailOf(address, key)).toEqual({ data: { viewer: { email: "owner@backstory.local" } } });
  expect(await first.kill("SIGTERM")).toBe(0);

  const later = await own.serve();
  expect(later.output()).not.toContain("API key");
  expect(await emailOf(later.url, key)).toEqual({ data: { viewer: { email: "owner@backstory.local" } } });
  expect(await later.kill("SIGINT")).toBe(0);
});

test("A port that is taken is named with what to do, and no first key is made unseen: the next start makes it, here the one it is given.", async () => {
  const holder = createServer();
  const port = await new Promise<number>((resolve) => {
    // A server on TCP has an address with a port, not a path.
    holder.listen(0, "127.0.0.1", () => resolve((holder.address() as AddressInfo).port));
  });

  const rejected = await cli.backstory(["serve"], { PORT: String(port) });
  holder.close();
  const next = await cli.serve({ BOOTSTRAP_API_KEY: "a-key-of-my-own-of-32-characters" });

  expect(rejected).toEqual({
    code: 1,
    stdout: "",
    stderr: `listen EADDRINUSE: address already in use 127.0.0.1:${port}: choose another PORT\n`,
  });
  expect(next.output()).not.toContain("key");
  expect(await emailOf(next.url, "a-key-of-my-own-of-32-characters")).toEqual({ data: { viewer: { email: "owner@backstory.local" } } });
  await next.kill("SIGTERM");
});

test("A first key of fewer than 32 characters stops the start and says what to do, and one for a database that has keys is said to be none of them.", async () => {
  const { code, stdout, stderr } = await cli.backstory(["serve"], { BOOTSTRAP_API_KEY: "a-key-of-just-31-characters-abc" });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(
    /^Wrong settings:\n {2}BOOTSTRAP_API_KEY: must have at least 32 characters; a shorter first key .* works on without this setting.*key create.*\n$/,
  );
  expect(stderr).not.toContain("a-key-of-just-31");

  const server = await cli.serve({ BOOTSTRAP_API_KEY: "another-key-of-32-characters-abcd" });
  expect(server.output()).toContain("BOOTSTRAP_API_KEY is no key that works here: it only becomes the first key of a new database.\n");
  expect(await emailOf(server.url, "another-key-of-32-characters-abcd")).toMatchObject({
    errors: [{ extensions: { reason: "INVALID_TOKEN" } }],
  });
  await server.kill("SIGTERM");
  const same = await cli.serve({ BOOTSTRAP_API_KEY: "a-key-of-my-own-of-32-characters" });
  expect(same.output()).not.toContain("BOOTSTRAP_API_KEY");
  await same.kill("SIGTERM");
});

test("A first key that was chosen works as soon as the port is open.", async () => {
  const fresh = await newCommandLine();
  const holder = createServer();
  const port = await new Promise<number>((resolve) => {
    holder.listen(0, "127.0.0.1", () => resolve((holder.address() as AddressInfo).port)); // on TCP it has a port, not a path
  });
  await new Promise((resolve) => holder.close(resolve));
  const starting = fresh.serve({ PORT: String(port), BOOTSTRAP_API_KEY: "a-key-of-my-own-of-32-characters" });

  let answer: unknown;
  while (answer === undefined) {
    answer = await emailOf(`http://127.0.0.1:${port}`, "a-key-of-my-own-of-32-characters").catch(() => undefined);
  }

  expect(answer).toEqual({ data: { viewer: { email: "owner@backstory.local" } } });
  await (await starting).kill("SIGTERM");
  await fresh.remove();
});

test("A second process on one folder ends with a message that says what to do, and the first one goes on.", async () => {
  const server = await cli.serve();

  for (const args of [["serve"], ["user", "list"], ["migrate"]]) {
    const { code, stdout, stderr } = await cli.backstory(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(
      /^The embedded database in \S+ is in use by another process.*Use the running server's API, or stop the server first.*\n$/,
    );
  }
  expect(await emailOf(server.url, "a-key-of-my-own-of-32-characters")).toEqual({ data: { viewer: { email: "owner@backstory.local" } } });
  await server.kill("SIGTERM");
});

test("After a process was killed the next one takes its folder over at once, with all that it had stored.", async () => {
  const server = await cli.serve();
  await server.kill("SIGKILL");

  expect(await cli.backstory(["user", "list"])).toMatchObject({ code: 0, stdout: expect.stringContaining("owner@backstory.local") });
});
