import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { newCommandLine, type CommandLine } from "../support/cli.js";

const KEY = "a-key-of-my-own-of-32-characters";
const SETTINGS = { BOOTSTRAP_API_KEY: KEY, OPERATION_TIMEOUT_MS: "1000" };

let cli: CommandLine;
beforeAll(async () => {
  cli = await newCommandLine();
});
afterAll(() => cli.remove());

const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };
const addressOf = (url: string, number: number) => `${url}/api/v1/projects/p/sessions/00000000-0000-4000-8000-00000000000${number}`;

async function put(url: string, number: number, markdown: string) {
  const body = JSON.stringify({ projectName: "p", name: "session", markdown, rawData: "" });
  const answer = await fetch(addressOf(url, number), { method: "PUT", headers, body });
  return { status: answer.status, body: (await answer.json()) as unknown };
}

async function markdownOf(url: string, number: number): Promise<unknown> {
  const query = `{ session(id: "00000000-0000-4000-8000-00000000000${number}") { markdownContent } }`;
  const answer = await fetch(`${url}/api/v1/graphql`, { method: "POST", headers, body: JSON.stringify({ query }) });
  return answer.json();
}

/** So many different words that to index them takes PostgreSQL longer than an operation may take. */
const endless = Array.from({ length: 1_500_000 }, (_, index) => `word${index.toString(36)}`).join(" ");

test("While a statement runs the server answers others; at the deadline the statement is stopped, and what was stored before is there.", async () => {
  const server = await cli.serve(SETTINGS);
  expect((await put(server.url, 1, "# Kept")).status).toBe(201);

  const upload = { isRunning: true };
  const slow = put(server.url, 2, endless).finally(() => (upload.isRunning = false));
  let answered = 0;
  while (upload.isRunning) {
    if ((await fetch(`${server.url}/healthz`)).status === 200) answered += 1;
    await delay(10);
  }

  expect(await slow).toMatchObject({ status: 504, body: { error: { code: "UPSTREAM_TIMEOUT" } } });
  expect(answered).toBeGreaterThan(10);
  expect(await markdownOf(server.url, 1)).toEqual({ data: { session: { markdownContent: "# Kept" } } });
  expect((await put(server.url, 3, "# After")).status).toBe(201);
  expect(await server.kill("SIGTERM")).toBe(0);
});
