import { connect, type Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { newCommandLine, type CommandLine } from "../support/cli.js";

const KEY = "a-key-of-32-characters-to-drain-1";

let cli: CommandLine;
beforeAll(async () => {
  cli = await newCommandLine({ BOOTSTRAP_API_KEY: KEY, LOG_LEVEL: "silent" });
});
afterAll(() => cli.remove());

const BODY = JSON.stringify({ query: "{ viewer { email } }" });

async function start(settings: Readonly<Record<string, string>>) {
  const server = await cli.serve(settings);
  const url = new URL(server.url);
  return { ...server, origin: url.origin, port: Number(url.port) };
}

const ask = (origin: string) =>
  fetch(`${origin}/api/v1/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${KEY}` },
    body: BODY,
  });

/** A request whose last byte is missing; `rest` is all that the server sends. */
async function askInPart(port: number): Promise<{ socket: Socket; rest: Promise<string> }> {
  const socket = connect(port, "127.0.0.1");
  const rest = new Promise<string>((resolve) => {
    let text = "";
    socket.on("data", (chunk) => (text += chunk.toString())).on("error", () => undefined);
    socket.on("close", () => resolve(text));
  });
  const head = `POST /api/v1/graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer ${KEY}\r\nContent-Length: ${BODY.length}\r\n\r\n`;
  await new Promise<void>((resolve) => socket.write(head + BODY.slice(0, -1), () => resolve()));
  return { socket, rest };
}

/** Whether the server still takes connections. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true));
    socket.once("connect", () => socket.destroy()).once("error", () => resolve(false));
  });
}

test("After SIGTERM /readyz is 503 while requests are still answered, on connections that are then closed; the exit code is 0.", async () => {
  const server = await start({ DRAIN_DELAY_MS: "5000" });
  expect((await fetch(`${server.origin}/readyz`)).status).toBe(200);
  const ended = server.kill("SIGTERM");
  let ready = await fetch(`${server.origin}/readyz`);
  while (ready.status === 200) ready = await fetch(`${server.origin}/readyz`);
  expect(await ready.json()).toMatchObject({ error: { code: "UPSTREAM_UNAVAILABLE" } });
  expect((await fetch(`${server.origin}/healthz`)).status).toBe(200);

  const answer = await ask(server.origin);
  expect([answer.status, answer.headers.get("connection")]).toEqual([200, "close"]);
  expect(await ended).toBe(0);
});

test("What was accepted before the port was closed is answered after it.", async () => {
  const server = await start({ DRAIN_DELAY_MS: "0" });
  const { socket, rest } = await askInPart(server.port);
  await ask(server.origin); // which came later, so that the first one has been accepted
  const ended = server.kill("SIGTERM");
  while (await accepts(server.port)) await setImmediate();
  socket.write(BODY.slice(-1));

  expect(await rest).toMatch(/^HTTP\/1\.1 200 OK[^]*owner@backstory\.local/);
  expect(await ended).toBe(0);
});

test("A request that does not end within DRAIN_TIMEOUT_MS is cut off, and the exit code is still 0.", async () => {
  const server = await start({ DRAIN_DELAY_MS: "0", DRAIN_TIMEOUT_MS: "100" });
  const { rest } = await askInPart(server.port);
  await ask(server.origin);

  expect(await server.kill("SIGTERM")).toBe(0);
  expect(await rest).toBe("");
});
