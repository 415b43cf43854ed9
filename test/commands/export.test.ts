import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, watch } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import type { Scope } from "../../src/core/auth/scopes.js";
import { LongText } from "../../src/platform/long-text.js";
import { newCommandLine, type CommandLine } from "../support/cli.js";
import { unpack } from "../support/archive.js";
import { PROGRAM } from "../support/process.js";
import { uuid } from "../support/actions.js";

const ADA = "ada@example.com";
const MARKDOWN = "\uFEFFHello\u0000\r\n🦕";

let cli: CommandLine;
let keys: Record<string, string>;
let folder: string;
beforeAll(async () => {
  cli = await newCommandLine();
  keys = await cli.inside(async ({ services }) => {
    const made: Record<string, string> = {};
    for (const email of [ADA, "bob@example.com"]) {
      const { id: userId } = await services.users.create(email);
      const { text } = await services.apiKeys.create({
        userId,
        name: "k",
        scopes: ["projects:read", "sessions:read", "sessions:write", "keys:manage"],
      });
      made[email] = text;
    }
    return made;
  });
});
afterAll(() => cli.remove());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "backstory-export-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A server that answers the question whose key it is, and exports as the test wants. */
async function withServer<T>(answer: (outgoing: ServerResponse) => void, run: (url: string) => Promise<T>): Promise<T> {
  const server = createServer((incoming: IncomingMessage, outgoing) => {
    if (incoming.url?.endsWith("/graphql") === true) outgoing.end(JSON.stringify({ data: { viewer: { email: ADA } } }));
    else answer(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** What a command said, without the folder. */
async function exportAs(args: readonly string[]) {
  const { code, stdout, stderr } = await cli.backstory(["export", ...args]);
  return { code, stdout: stdout.replaceAll(folder, "F"), stderr: stderr.replaceAll(folder, "F") };
}

test("A user's data is written from the database, and through the running server with a key of that user, the same both times.", async () => {
  await cli.inside(async ({ services }) => {
    const { id } = (await services.users.findByEmail(ADA)) ?? { id: "" };
    const principal = {
      userId: id,
      keyId: "k",
      budgetId: "k",
      kind: "API_KEY",
      scopes: new Set<Scope>(["sessions:write"]),
      expiresAt: null,
      rateLimit: null,
    } as const;
    const texts = { markdown: LongText.from(MARKDOWN), rawData: LongText.from("raw"), sessionData: LongText.from("{}") };
    await services.sessionWrites.save(principal, { projectId: "app", name: "One", id: uuid(1), ...texts });
  });
  const [direct, remote] = [join(folder, "direct.tar.gz"), join(folder, "remote.tar.gz")];

  const first = await exportAs(["--user", "Ada@example.com", direct]);
  expect(first).toEqual({ code: 0, stdout: `F/direct.tar.gz: all of ${ADA}, ${statSync(direct).size} bytes\n`, stderr: "" });
  expect(statSync(direct).mode & 0o777).toBe(0o600);
  const files = await unpack(readFileSync(direct));
  const markdown = [...files].find(([path]) => path.endsWith(`/sessions/${uuid(1)}/conversation.md`))?.[1];
  expect(markdown?.equals(Buffer.from(MARKDOWN))).toBe(true);

  const { url, kill } = await cli.serve();
  const locked = await exportAs(["--user", ADA, remote]);
  expect([locked.code, locked.stderr]).toEqual([
    1,
    expect.stringMatching(/in use by another process.* add --key KEY, a key of the user\.\n$/),
  ]);
  const foreign = await exportAs(["--user", "bob@example.com", "--key", keys[ADA] ?? "", "--url", url, remote]);
  expect(foreign).toEqual({ code: 1, stdout: "", stderr: "The key is not one of bob@example.com: export with a key of that user\n" });
  const wrong = await exportAs(["--user", ADA, "--key", "wrong", "--url", url, remote]);
  expect([wrong.code, wrong.stderr]).toEqual([1, `The server at ${url} answers 401: Invalid or expired API key\n`]);
  expect(existsSync(remote)).toBe(false);
  const done = await exportAs(["--user", ADA, "--key", keys[ADA] ?? "", "--url", `${url}/`, remote]);
  expect(done).toMatchObject({ code: 0, stderr: "" });
  await kill("SIGTERM");
  const again = await unpack(readFileSync(remote));
  const withoutTimes = (all: ReadonlyMap<string, Buffer>) => [...all].filter(([path]) => path.startsWith("projects/"));
  expect(withoutTimes(again)).toEqual(withoutTimes(files));
  expect(withoutTimes(files)).toHaveLength(5);
});

test("What is asked for wrongly is one sentence, before the database is opened.", async () => {
  const path = join(folder, "a");
  expect(await exportAs(["--url", "http://localhost:1", path])).toMatchObject({
    code: 1,
    stderr: "--url needs --key, a key of the user\n",
  });
  expect((await exportAs(["--key", "k", "--url", "ftp://x", path])).stderr).toBe("--url must be like http://localhost:4000\n");
  expect((await exportAs(["--key", "k", path])).stderr).toBe("PORT=0 does not tell where the server is: name it with --url\n");
  expect((await exportAs(["--key", "k", "--url", "http://127.0.0.1:2", path])).stderr).toBe(
    "The server at http://127.0.0.1:2 cannot be reached: connect ECONNREFUSED 127.0.0.1:2\n",
  );
  expect((await exportAs(["--user", "nobody@example.com", path])).stderr).toContain("There is no user nobody@example.com");
  expect((await exportAs([join(folder, "no", "a")])).stderr).toBe("F/no/a cannot be written: there is no folder F/no\n");
  expect(readdirSync(folder)).toEqual([]);
});

const START = gzipSync(Buffer.alloc(1_000_000, "x"), { level: 0 });

const BROKEN_OFF = (url: string) => `The answer of the server at ${url} broke off\n`;
const NOT_OURS = (url: string) => `The server at ${url} answers, but it is no Backstory server, or another version\n`;
const begin = (outgoing: ServerResponse) => outgoing.writeHead(200, { "Content-Type": "application/gzip" });

test.each([
  [
    "a connection that breaks",
    (outgoing: ServerResponse) => begin(outgoing).write(START.subarray(0, 500_000), () => outgoing.destroy()),
    BROKEN_OFF,
  ],
  ["an answer that ends too early", (outgoing: ServerResponse) => begin(outgoing).end(START.subarray(0, 500_000)), BROKEN_OFF],
  ["an answer that is no archive", (outgoing: ServerResponse) => outgoing.end("<html>"), NOT_OURS],
])("Of %s nothing is left.", async (_what, answer, sentence) => {
  await withServer(answer, async (url) => {
    const { code, stderr } = await exportAs(["--user", ADA, "--key", "k", "--url", url, join(folder, "a")]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: sentence(url) });
  });
  expect(readdirSync(folder)).toEqual([]);
});

test.each(["SIGINT", "SIGTERM"] as const)("A %s in the midst ends the command with exit code 1, and nothing is left.", async (signal) => {
  await withServer(
    (outgoing) => void begin(outgoing).write(START.subarray(0, 500_000)), // and then nothing more
    async (url) => {
      const watching = watch(folder);
      const begun = once(watching, "change");
      const child = spawn(process.execPath, [PROGRAM, "export", "--key", "k", "--url", url, join(folder, "a")]);
      let stderr = "";
      child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
      await begun;
      expect(readdirSync(folder)).toEqual([expect.stringMatching(/^a\.partial-/)]);
      child.kill(signal);
      const [code] = (await once(child, "exit")) as [number | null];
      watching.close();
      expect({ code, stderr: stderr.replaceAll(folder, "F") }).toEqual({ code: 1, stderr: "Stopped: F/a was not written\n" });
    },
  );
  expect(readdirSync(folder)).toEqual([]);
});
