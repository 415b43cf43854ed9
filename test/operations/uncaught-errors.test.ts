import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { newCommandLine, type CommandLine } from "../support/cli.js";

const KEY = "a-key-for-a-process-that-fails-later";
const BODY = JSON.stringify({ query: "{ viewer { email } }" });

let cli: CommandLine;
beforeAll(async () => {
  cli = await newCommandLine({ BOOTSTRAP_API_KEY: KEY, LOG_LEVEL: "fatal" });
});
afterAll(() => cli.remove());

/** Makes the process do this when it gets SIGUSR2, as a bug in any library could do at any time. */
const onSignal = (code: string) => ({
  NODE_OPTIONS: `--import=data:text/javascript;base64,${Buffer.from(`process.on("SIGUSR2", () => { ${code} });`).toString("base64")}`,
});

/** Sends a request but for its last byte; `rest` is all that the server answers. */
async function askInPart(url: string) {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  const rest = new Promise<string>((resolve) => {
    let text = "";
    socket.on("data", (chunk) => (text += chunk.toString())).on("error", () => undefined);
    socket.on("close", () => resolve(text));
  });
  const head = `POST /api/v1/graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer ${KEY}\r\nContent-Length: ${BODY.length}\r\n\r\n`;
  await new Promise<void>((resolve) => socket.write(head + BODY.slice(0, -1), () => resolve()));
  return { end: () => socket.write(BODY.slice(-1)), rest };
}

test.each([
  ["An exception", 'setTimeout(() => { throw new Error("a bug of the test"); })'],
  ["A rejected promise", 'void Promise.reject(new Error("a bug of the test"))'],
  ["What is thrown and is no error", 'setTimeout(() => { throw "a bug of the test"; })'],
])("%s that nothing catches is logged once, then the server drains, and the exit code is 1.", async (what, code) => {
  const server = await cli.serve({ ...onSignal(code), DRAIN_DELAY_MS: "2000" });
  const { end, rest } = await askInPart(server.url);
  await fetch(`${server.url}/healthz`); // which came later, so that the first one has been accepted
  const ended = server.kill("SIGUSR2");
  while ((await fetch(`${server.url}/readyz`)).status === 200);
  end();

  expect(await rest).toMatch(/^HTTP\/1\.1 200 OK[^]*owner@backstory\.local/);
  expect(await ended).toBe(1);
  const lines = server
    .output()
    .split("\n")
    .filter((line) => line.startsWith("{"));
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ level: 60, msg: "an error that nothing caught: the server stops" }]);
  expect(lines[0]).toContain("a bug of the test");
  if (!what.startsWith("What")) expect(JSON.parse(lines[0] ?? "").err.stack).toMatch(/^Error: a bug of the test\n +at /);
});
