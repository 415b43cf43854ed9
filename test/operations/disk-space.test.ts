import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "@jest/globals";
import { freeBytes, type DiskSpace } from "../../src/platform/disk-space.js";
import { createDiskWatch } from "../../src/platform/disk-watch.js";
import { createLogger } from "../../src/platform/logger.js";
import { newCommandLine } from "../support/cli.js";
import { movableClock } from "../support/movable-clock.js";
import { startTestServer, type TestServer } from "../support/server.js";

const MEGABYTE = 1_048_576;
const folder = mkdtempSync(join(tmpdir(), "backstory-disk-"));
const whyNot = mountSmallDisk(4);
const onSmallDisk = whyNot === null ? test : test.skip;
let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});
afterAll(() => {
  if (whyNot === null) execFileSync("umount", [folder]);
  rmSync(folder, { recursive: true });
});

/** Makes the folder a disk of so many megabytes in memory, or returns why it cannot. */
function mountSmallDisk(megabytes: number): string | null {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "only root on Linux may mount a disk";
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder], { stdio: "pipe" });
    return null;
  } catch {
    return "a disk cannot be mounted here";
  }
}

/** A watch over a disk that a test fills, and what the log said of it. */
function watchDisk(disk: () => DiskSpace, warnBytes?: number) {
  const lines: string[] = [];
  const logger = createLogger("info", { write: (line) => void lines.push(line) });
  const clock = movableClock();
  let asked = 0;
  const read = () => {
    asked += 1;
    return new Promise<DiskSpace>((resolve) => resolve(disk()));
  };
  const watch = createDiskWatch({ folder, warnBytes, read, clock, logger });
  return {
    watch,
    asked: () => asked,
    /** Whether there is room, as the next reading finds it. */
    async hasRoom() {
      clock.advance(10_000);
      return watch.requireRoom().then(
        () => true,
        () => false,
      );
    },
    said: () => lines.splice(0).map((line) => (JSON.parse(line) as { msg: string }).msg),
  };
}

test("The log warns once when little is free, again only after there was room for a while, and says that too.", async () => {
  let free = 2_000;
  const { hasRoom, said } = watchDisk(() => ({ freeBytes: free, totalBytes: 10_000 }), 1_000);
  const states: unknown[] = [];
  for (free of [2_000, 1_000, 999, 10, 1_050, 999, 1_100, 0]) states.push([free, await hasRoom(), said()]);

  expect(states).toEqual([
    [2_000, true, []],
    [1_000, true, []],
    [999, false, ["the disk is nearly full"]],
    [10, false, []],
    [1_050, false, []],
    [999, false, []],
    [1_100, true, ["the disk has room again"]],
    [0, false, ["the disk is nearly full"]],
  ]);
});

test.each([
  ["a tenth of a small disk", 50_000_000, 4_999_999, 5_000_000],
  ["a gigabyte of a large one", 100e9, 999_999_999, 1e9],
  ["a gigabyte where the size of the disk is not told", Number.POSITIVE_INFINITY, 999_999_999, Number.POSITIVE_INFINITY],
])("Without DISK_WARN_BYTES the least that must be free is %s.", async (_what, totalBytes, little, enough) => {
  const rooms: boolean[] = [];
  for (const freeBytes of [little, enough]) rooms.push(await watchDisk(() => ({ freeBytes, totalBytes })).hasRoom());
  expect(rooms).toEqual([false, true]);
});

test("DISK_WARN_BYTES=0 never warns.", async () => {
  const { hasRoom, said } = watchDisk(() => ({ freeBytes: 0, totalBytes: 10_000 }), 0);
  expect([await hasRoom(), said()]).toEqual([true, []]);
});

test("A disk that cannot be read counts as one without room, and the log says it once.", async () => {
  const { hasRoom, said } = watchDisk(() => {
    throw new Error("no such disk");
  });
  expect([await hasRoom(), await hasRoom(), said()]).toEqual([false, false, ["the free space of the disk cannot be read"]]);
});

test("Whoever asks within ten seconds gets what was read, so that many requests ask the disk once.", async () => {
  const { watch, asked, hasRoom } = watchDisk(() => ({ freeBytes: 1, totalBytes: 1 }));
  await Promise.all([watch.latest(), watch.latest(), watch.latest()]);
  await watch.latest();
  expect(asked()).toBe(1);
  await hasRoom();
  expect(asked()).toBe(2);
});

test("/readyz is 200 and names the disk while less than DISK_WARN_BYTES is free, and /metrics tells how much is.", async () => {
  server = await startTestServer({ DATA_DIR: folder, DISK_WARN_BYTES: String(Number.MAX_SAFE_INTEGER) });
  const { status, body } = await server.send("/readyz");
  expect({ status, body }).toEqual({ status: 200, body: { status: "ready", degraded: ["disk"] } });
  expect(server.takeLog()).toMatchObject([{ msg: "the disk is nearly full", warnBytes: Number.MAX_SAFE_INTEGER }]);
  expect((await server.send("/readyz")).body.degraded).toEqual(["disk"]);
  expect((await server.send("/metrics")).body).toMatch(/^backstory_disk_free_bytes [1-9]/m);
});

test("A database on another machine has no disk that could be watched.", async () => {
  server = await startTestServer({ DISK_WARN_BYTES: String(Number.MAX_SAFE_INTEGER) });
  expect((await server.send("/readyz")).body.degraded).toEqual([]);
  expect((await server.send("/metrics")).body).not.toContain("backstory_disk_free_bytes");
});

onSmallDisk(
  `On a real disk it is warned of before it is full, and room is found again when there is some${whyNot === null ? "" : ` (left out: ${whyNot})`}.`,
  async () => {
    server = await startTestServer({ DATA_DIR: folder });
    const degraded = async () => {
      server?.clock.advance(10_000);
      return (await server?.send("/readyz"))?.body.degraded;
    };
    expect(await degraded()).toEqual([]);
    const before = await freeBytes(folder);
    writeFileSync(join(folder, "file"), Buffer.alloc(3.7 * MEGABYTE));
    expect(before - (await freeBytes(folder))).toBeGreaterThanOrEqual(3.7 * MEGABYTE);
    expect(await degraded()).toEqual(["disk"]);
    expect(server.takeLog()).toMatchObject([{ msg: "the disk is nearly full", folder }]);
    rmSync(join(folder, "file"));
    expect(await degraded()).toEqual([]);
  },
);

test("A server warns as soon as it starts on a disk with too little room, and serves.", async () => {
  const cli = await newCommandLine({ DISK_WARN_BYTES: String(Number.MAX_SAFE_INTEGER) });
  try {
    const { url, kill, output } = await cli.serve();
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: "ready", degraded: ["disk"] });
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/^backstory_database_bytes [1-9]\d{6,}$/m);
    await kill("SIGINT");
    expect(output().match(/the disk is nearly full/g)).toHaveLength(1);
  } finally {
    await cli.remove();
  }
});
