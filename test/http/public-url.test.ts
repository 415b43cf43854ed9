import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { ConfigError, readConfig } from "../../src/config.js";
import { newCommandLine, type CommandLine } from "../support/cli.js";
import { startTestServer, type TestServer } from "../support/server.js";

const PUBLIC_URL = "https://backstory.example:8443";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ PUBLIC_URL });
});
afterAll(() => server.close());

const PROBLEM = { accept: "application/problem+json" };

test.each([null, "http://proxy.example"])(
  "With PUBLIC_URL every link begins with it, whatever host was asked for (behind a proxy: %s).",
  async (origin) => {
    const client = { address: "192.0.2.1", origin };
    const json = { "content-type": "application/json" };
    const linkOf = async (path: string, init: RequestInit) => {
      const answer = await server.fetch(new Request(`http://evil.example${path}`, init), client);
      const bodies = [await answer.json()].flat();
      return bodies.map(({ errors, type }) => type ?? errors[0].extensions.documentationUrl);
    };
    const links = await Promise.all([
      linkOf("/api/v1/graphql", { method: "POST", headers: json, body: '{"query":"{ projects { id } }"}' }),
      linkOf("/api/v1/graphql", { method: "POST", headers: json, body: '[{"query":"{ nothing }"},{"query":"{"}]' }),
      linkOf("/api/v1/graphql?query={nothing}", {}),
      linkOf("/api/v1/graphql", { method: "DELETE" }),
      linkOf("/api/v1/projects", { headers: PROBLEM }),
      linkOf("/nowhere", { headers: PROBLEM }),
    ]);
    for (const link of links.flat()) expect(link.startsWith(`${PUBLIC_URL}/errors#`)).toBe(true);

    const { body } = await server.send("/api/v1/openapi.json");
    expect(body.servers).toEqual([{ url: `${PUBLIC_URL}/api/v1` }]);
  },
);

test("An overloaded server's links begin with PUBLIC_URL too.", async () => {
  const full = await startTestServer({ PUBLIC_URL, MAX_OPERATIONS: "1" });
  try {
    const { key } = await full.addUser();
    await full.query(key, "{ __typename }"); // so that the next operations need not wait for a look-up before they take a slot
    const answer = await full.prisma.$transaction(
      async (transaction) => {
        await transaction.$executeRaw`LOCK TABLE "User" IN ACCESS EXCLUSIVE MODE`;
        const waiting = [full.query(key, "{ viewer { id } }"), full.query(key, "{ viewer { id } }")];
        while (!String((await full.send("/metrics")).body).includes('backstory_operations{state="waiting"} 1\n')) await setImmediate();
        full.clock.advance(60_001);
        return { rejected: await full.send("/api/v1/projects", { headers: { ...PROBLEM, authorization: `Bearer ${key}` } }), waiting };
      },
      { timeout: 60_000 },
    );
    expect([answer.rejected.status, answer.rejected.body.type]).toEqual([503, `${PUBLIC_URL}/errors#UPSTREAM_UNAVAILABLE`]);
    await Promise.all(answer.waiting);
    full.takeLog();
  } finally {
    await full.close();
  }
});

test.each([
  ["https://backstory.example", "https://backstory.example"],
  ["https://Backstory.example/", "https://backstory.example"],
  ["http://localhost:4000", "http://localhost:4000"],
  ["http://[::1]:4000", "http://[::1]:4000"],
  ["https://backstory.example:443", "https://backstory.example"],
])("PUBLIC_URL may be %s.", (text, origin) => {
  expect(readConfig({ PUBLIC_URL: text }).publicUrl).toBe(origin);
});

test.each([
  "backstory.example",
  "ftp://backstory.example",
  "https://",
  "https:///",
  "https://backstory.example/base",
  "https://backstory.example//",
  "https://backstory.example?x",
  "https://backstory.example/#x",
  "https://user:password@backstory.example",
  "https://backstory.example:99999",
  "https://back story.example",
  "https://backstory.example\\base",
  "javascript:alert(1)",
])("PUBLIC_URL must not be %s: the server does not start.", (text) => {
  expect(() => readConfig({ PUBLIC_URL: text })).toThrow(ConfigError);
  expect(() => readConfig({ PUBLIC_URL: text })).toThrow("PUBLIC_URL: must be an address without a path, like https://backstory.example");
});

test("The server's first lines say where it listens, and lead to GraphiQL by PUBLIC_URL.", async () => {
  const cli: CommandLine = await newCommandLine({ PUBLIC_URL });
  try {
    const started = await cli.serve();
    expect(started.url).toMatch(/^http:\/\/localhost:\d+$/);
    expect(started.output()).toContain(`GraphiQL:  ${PUBLIC_URL}/api/v1/graphql\n`);
    expect(await started.kill("SIGTERM")).toBe(0);
  } finally {
    await cli.remove();
  }
});
