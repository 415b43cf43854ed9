import { randomBytes } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { newCommandLine, type CommandLine } from "../support/cli.js";

const KEY = "a-key-of-my-own-of-32-characters";

let cli: CommandLine;
beforeEach(async () => {
  cli = await newCommandLine({ BOOTSTRAP_API_KEY: KEY });
});
afterEach(() => cli.remove());

const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };
const addressOf = (url: string, number: number) =>
  `${url}/api/v1/projects/p/sessions/00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;

/** 0.67 MB that cannot be compressed, and hold one word, which is too long for the index. */
const newText = (length = 670_000) => randomBytes(length / 2).toString("hex");

async function put(url: string, number: number, markdown: string): Promise<void> {
  const body = JSON.stringify({ projectName: "p", name: "session", markdown, rawData: "" });
  const answer = await fetch(addressOf(url, number), { method: "PUT", headers, body });
  expect([200, 201]).toContain(answer.status);
}

const files = async (): Promise<string[]> =>
  (await readdir(cli.dataDir, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** The size of the data folder in megabytes. A file may go while it is looked at. */
async function size(): Promise<number> {
  const sizes = await Promise.all((await files()).map(async (path) => (await stat(path).catch(() => null))?.size ?? 0));
  return sizes.reduce((sum, each) => sum + each, 0) / 1_000_000;
}

/** Waits until the folder is smaller than so many megabytes. The test's own timeout ends it. */
async function untilSmallerThan(megabytes: number): Promise<void> {
  while ((await size()) >= megabytes) await delay(500);
}

async function countFilesWith(text: string): Promise<number> {
  const contents = await Promise.all((await files()).map((path) => readFile(path)));
  return contents.filter((content) => content.includes(text)).length;
}

test("What replaced and deleted sessions took is given back in a minute without writes, while reads go on.", async () => {
  const { url, kill } = await cli.serve();
  const last = newText();
  for (let round = 1; round < 80; round += 1) await put(url, 1, newText());
  await put(url, 1, last);
  expect(await size()).toBeGreaterThan(80);

  const reading = { goesOn: true };
  const reads = (async () => {
    for (; reading.goesOn; await delay(100)) expect((await fetch(addressOf(url, 1), { headers })).status).toBe(200);
  })();
  await untilSmallerThan(60);
  reading.goesOn = false;
  await reads;
  expect(await (await fetch(addressOf(url, 1), { headers: { ...headers, accept: "text/markdown" } })).text()).toBe(last);

  for (let number = 1; number < 40; number += 1) await put(url, number, newText());
  expect(await size()).toBeGreaterThan(70);
  await fetch(`${url}/api/v1/projects/p`, { method: "DELETE", headers });
  await untilSmallerThan(60);
  expect(await kill("SIGTERM")).toBe(0);
}, 180_000);

test("Of much content what is deleted is given back too, and what stays is as it was.", async () => {
  const { url, kill } = await cli.serve();
  const texts = Array.from({ length: 30 }, () => newText(5_000_000));
  for (const [number, text] of texts.entries()) await put(url, number, text);
  const full = await size();
  for (let number = 0; number < 30; number += 2) await fetch(addressOf(url, number), { method: "DELETE", headers });

  await untilSmallerThan(full - 40); // of some 60 that are empty

  for (let number = 1; number < 30; number += 2) {
    const answer = await fetch(addressOf(url, number), { headers: { ...headers, accept: "text/markdown" } });
    expect((await answer.text()) === texts[number]).toBe(true);
  }
  expect(await kill("SIGTERM")).toBe(0);
}, 180_000);

test("The log of a server that is written to without a pause stays small.", async () => {
  const { url, kill } = await cli.serve();
  let largest = 0;
  for (let round = 0; round < 40; round += 1) {
    await put(url, 1, newText(5_000_000));
    const log = (await readdir(join(cli.dataDir, "pglite/pg_wal"))).filter((name) => name.length === 24).length;
    largest = Math.max(largest, log);
  }
  expect(largest).toBeLessThan(8); // each file has 16 MB, and all uploads together write 150 MB and more
  expect(await kill("SIGTERM")).toBe(0);
}, 120_000);

test("`backstory vacuum` leaves nothing of a deleted session in the files, and what was kept stays.", async () => {
  const first = await cli.serve();
  await put(first.url, 1, "the kept marker-of-the-kept");
  await put(first.url, 2, "the deleted marker-of-the-deleted");
  await fetch(addressOf(first.url, 2), { method: "DELETE", headers });
  await first.kill("SIGTERM");
  expect(await countFilesWith("marker-of-the-deleted")).toBeGreaterThan(0);

  const outcome = await cli.backstory(["vacuum"]);

  expect(outcome).toMatchObject({ code: 0, stderr: "" });
  expect(outcome.stdout).toMatch(/^The database had \d+\.\d MB and has \d+\.\d MB\.\n$/);
  expect(await countFilesWith("marker-of-the-deleted")).toBe(0);
  expect(await countFilesWith("marker-of-the-kept")).toBeGreaterThan(0);
});

test("`backstory vacuum` beside a running server is one sentence with exit code 1.", async () => {
  const server = await cli.serve();
  const outcome = await cli.backstory(["vacuum"]);
  expect(outcome).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("is in use by another process") });
  await server.kill("SIGTERM");
});
