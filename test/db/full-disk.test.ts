import { cp } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect } from "@jest/globals";
import { newCommandLine, type CommandLine } from "../support/cli.js";
import { mountSmallDisk, onSmallDisk } from "../support/small-disk.js";

const KEY = "a-key-of-my-own-of-32-characters";

let cli: CommandLine;
let disk: Awaited<ReturnType<typeof mountSmallDisk>>;
let settings: { DATA_DIR: string; BOOTSTRAP_API_KEY: string };
beforeEach(async () => {
  cli = await newCommandLine();
  if (process.platform !== "linux" || process.getuid?.() !== 0) return;
  disk = await mountSmallDisk(150);
  settings = { DATA_DIR: join(disk.folder, "data"), BOOTSTRAP_API_KEY: KEY };
});
afterEach(async () => {
  await cli.remove();
  if (process.platform === "linux" && process.getuid?.() === 0) await disk.unmount();
});

const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };
const addressOf = (url: string, number: number) =>
  `${url}/api/v1/projects/p/sessions/00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;

/** A text of which no word repeats, so that it takes its whole size. */
const textOf = (number: number, words: number) =>
  Array.from({ length: words }, (_, index) => ((number * words + index) * 7_919).toString(36)).join(" ");

async function put(url: string, number: number, markdown: string): Promise<number> {
  const body = JSON.stringify({ projectName: "p", name: "session", markdown, rawData: "" });
  const answer = await fetch(addressOf(url, number), { method: "PUT", headers, body });
  const { error } = (await answer.json()) as { error?: { code: string } };
  if (answer.status === 503) expect(error?.code).toBe("UPSTREAM_UNAVAILABLE");
  return answer.status;
}

async function markdownOf(url: string, number: number): Promise<string> {
  const answer = await fetch(addressOf(url, number), { headers: { ...headers, accept: "text/markdown" } });
  expect(answer.status).toBe(200);
  return answer.text();
}

const WORDS = 40_000;

/** Stores sessions until one is rejected, and returns how many there are. */
async function storeWhilePossible(url: string): Promise<number> {
  for (let number = 0; ; number += 1) {
    const status = await put(url, number, textOf(number, WORDS));
    if (status === 503) return number;
    expect(status).toBe(201);
  }
}

onSmallDisk(
  "On a full disk writes are 503 and reads go on, also after a kill and a start; with room again everything is as before (root on Linux).",
  async () => {
    await cp(cli.dataDir, settings.DATA_DIR, { recursive: true });
    const server = await cli.serve(settings);
    const stored = await storeWhilePossible(server.url);
    expect(stored).toBeGreaterThan(1);
    const expectAll = async (url: string) => {
      for (let number = 0; number < stored; number += 1) expect(await markdownOf(url, number)).toBe(textOf(number, WORDS));
    };
    await expectAll(server.url);

    await disk.fill();
    expect(await put(server.url, 1_000, "# Small")).toBe(503);
    expect(await put(server.url, 0, "# Replaced")).toBe(503);
    expect((await fetch(addressOf(server.url, 0), { method: "DELETE", headers })).status).toBe(503);
    await expectAll(server.url);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    await server.kill("SIGKILL");

    await disk.fill();
    const next = await cli.serve(settings);
    await expectAll(next.url);
    expect(await next.kill("SIGTERM")).toBe(0);

    await disk.free();
    const last = await cli.serve(settings);
    expect(await put(last.url, 1_000, "# Small")).toBe(201);
    expect((await fetch(addressOf(last.url, 0), { method: "DELETE", headers })).status).toBe(200);
    expect(await markdownOf(last.url, stored - 1)).toBe(textOf(stored - 1, WORDS));
    expect(await last.kill("SIGTERM")).toBe(0);
  },
  180_000,
);

onSmallDisk("A start that finds a nearly full disk says so in one sentence, and answers reads (root on Linux).", async () => {
  await cp(cli.dataDir, settings.DATA_DIR, { recursive: true });
  const first = await cli.serve(settings);
  expect(await put(first.url, 1, "# Kept")).toBe(201);
  await first.kill("SIGTERM");
  await disk.fill();

  const server = await cli.serve({ ...settings, LOG_LEVEL: "silent" });

  expect(await markdownOf(server.url, 1)).toBe("# Kept");
  expect(server.output()).toMatch(
    new RegExp(
      `^The disk of ${settings.DATA_DIR}/pglite is full \\(\\d MB free\\): until 48 MB are free, writes are answered 503. Reads go on.$`,
      "m",
    ),
  );
  expect(await server.kill("SIGTERM")).toBe(0);
});

onSmallDisk(
  "A first start for which the disk has no room is one sentence with exit code 1, and leaves no database (root on Linux).",
  async () => {
    await disk.fill();

    const outcome = await cli.backstory(["serve"], settings);

    expect(outcome).toMatchObject({ code: 1, stdout: "" });
    expect(outcome.stderr.trim().split("\n").at(-1)).toBe(
      `The disk of ${settings.DATA_DIR} is full, and the embedded database does not start without some room: make 88 MB free and start again. Nothing that was stored is lost.`,
    );
  },
);
