import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, expect, test } from "@jest/globals";
import { startBackstory, type Backstory } from "../support/cli.js";

let server: Backstory;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.stop();
});

type Client = { readonly socket: Socket; readonly received: () => string; readonly closed: Promise<unknown> };

async function open(): Promise<Client> {
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  sockets.push(socket);
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString())).on("error", () => undefined);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await once(socket, "connect");
  return { socket, received: () => text, closed };
}

const openMany = (count: number) => Promise.all(Array.from({ length: count }, open));

const REQUEST = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

async function answerOf({ socket, received, closed }: Client): Promise<string> {
  const data = once(socket, "data");
  socket.write(REQUEST);
  await Promise.race([data, closed]);
  return received();
}

// One address may have a twentieth: five connections of a hundred.
test("One address has a twentieth of MAX_CONNECTIONS; silent ones beyond it are told so and closed, and the others still served.", async () => {
  server = await startBackstory({ MAX_CONNECTIONS: "100", LOG_LEVEL: "silent" });
  const served = await openMany(5);
  const waiting = await openMany(5);
  const [oneTooMany] = await openMany(1);
  await oneTooMany?.closed;
  await Promise.all(waiting.map(({ closed }) => closed));
  for (const client of [...waiting, oneTooMany]) {
    const [head = "", body = ""] = client?.received().split("\r\n\r\n") ?? [];
    expect(head).toMatch(/^HTTP\/1\.1 503 /);
    expect(head).toMatch(/\r\nRetry-After: 1\r\n/);
    expect(JSON.parse(body)).toMatchObject({
      error: { code: "UPSTREAM_UNAVAILABLE", message: expect.stringContaining("MAX_CONNECTIONS") },
    });
  }
  for (const client of served) expect(await answerOf(client)).toMatch(/^HTTP\/1\.1 200 /);
});

test("A burst of requests over more connections than one address may have is served.", async () => {
  server = await startBackstory({ MAX_CONNECTIONS: "200", LOG_LEVEL: "silent" });
  const answers = await Promise.all((await openMany(20)).map(answerOf));
  expect(answers.filter((answer) => answer.startsWith("HTTP/1.1 200 "))).toHaveLength(20);
});

test("The connections of a trusted proxy are those of all its clients, and have no such limit.", async () => {
  server = await startBackstory({ MAX_CONNECTIONS: "100", TRUSTED_PROXIES: "loopback", LOG_LEVEL: "silent" });
  const clients = await openMany(40);
  for (const client of clients) expect(await answerOf(client)).toMatch(/^HTTP\/1\.1 200 /);
});

test("A connection beyond MAX_CONNECTIONS is closed at once.", async () => {
  server = await startBackstory({ MAX_CONNECTIONS: "20", TRUSTED_PROXIES: "loopback", LOG_LEVEL: "silent" });
  await openMany(20);
  const [beyond] = await openMany(1);
  await beyond?.closed;
  expect(beyond?.received()).toBe("");
});

test("Who sends no whole head within ten seconds is let go.", async () => {
  server = await startBackstory({ LOG_LEVEL: "silent" });
  const [silent, partial] = await openMany(2);
  partial?.socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
  const startedAt = performance.now();
  await Promise.all([silent?.closed, partial?.closed]);
  expect(performance.now() - startedAt).toBeLessThan(15_000); // ten seconds, and time for a busy machine
  expect(partial?.received()).toMatch(/^HTTP\/1\.1 408 /);
});
