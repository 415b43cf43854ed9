import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { createRandom } from "../bench/data.mjs";
import { createFolder } from "../bench/databases.mjs";
import { API_KEY, killServers, startServer } from "../bench/server-process.mjs";
import { onCleanUp } from "./clean-up.mjs";
import { within } from "./deadline.mjs";
import { createLedger } from "./ledger.mjs";
import { createPostgresServer } from "./postgres-server.mjs";
import { atMost, exactly, told } from "./report.mjs";
import { scaled, seed } from "./scale.mjs";
import { createServerLog } from "./server-log.mjs";
import { verify } from "./verify.mjs";

const ROUNDS = scaled(20, 2);
const WRITERS = 4;
const WRITES = scaled(25, 10);
const LARGEST = 1_000_000;
const START_MS = 60_000;
const WORKS = /** @type {const} */ (["backup", "restore", "vacuum", "migrate"]);

/** @typedef {import("../bench/server-process.mjs").DatabaseLocation} DatabaseLocation */
/** A database to work on, and new ones for migrations. @typedef {{ location: DatabaseLocation, makeEmpty: () => Promise<DatabaseLocation> }} Place */

/** Kills backups, restores, vacuums and first migrations at any moment: what was stored is there, and every start succeeds. */
export default async function* maintenance() {
  onCleanUp(killServers);
  const folder = await createFolder();
  onCleanUp(folder.remove);
  yield {
    title: `${ROUNDS} kills of each on ${folder.name}`,
    figures: await killEach({ location: folder.location, makeEmpty: makeFolder }),
  };
  const postgres = await createPostgresServer();
  await postgres.command("CREATE DATABASE maintenance");
  let made = 0;
  const at = (/** @type {string} */ name) => ({ databaseUrl: postgres.urlOf(name), dataDir: "unused" });
  const makeEmpty = async () => {
    made += 1;
    await postgres.command(`CREATE DATABASE empty${made}`);
    return at(`empty${made}`);
  };
  yield { title: `${ROUNDS} kills of each on PostgreSQL`, figures: await killEach({ location: at("maintenance"), makeEmpty }) };
}

async function makeFolder() {
  const { location, remove } = await createFolder();
  onCleanUp(remove);
  return location;
}

async function killEach(/** @type {Place} */ { location, makeEmpty }) {
  const random = createRandom(seed);
  const log = createServerLog();
  const ledger = createLedger({ random, largest: LARGEST });
  const folder = await mkdtemp(join(tmpdir(), "backstory-maintenance-"));
  onCleanUp(() => rm(folder, { recursive: true, force: true }));
  const start = (/** @type {DatabaseLocation} */ where) => within(startServer(where, undefined, { onLog: log.onLog }), START_MS, "A start");
  const counts = { starts: 0, lost: 0, half: 0, miscounted: 0, killed: 0, looksWhole: 0 };

  const first = await start(location);
  await write(first.url, ledger);
  await first.stop();
  const backup = join(folder, "whole.gz");
  const commands = {
    backup: ["backup", join(folder, "killed.gz")],
    restore: ["restore", backup, "--replace"],
    vacuum: ["vacuum"],
    migrate: ["migrate"],
  };
  await runToEnd(location, ["backup", backup]);

  for (const work of WORKS) {
    const durationMs = await measure(work === "migrate" ? await makeEmpty() : location, commands[work]);
    for (let round = 0; round < ROUNDS; round += 1) {
      await rm(join(folder, "killed.gz"), { force: true });
      const where = work === "migrate" ? await makeEmpty() : location;
      if (await runAndKill(where, commands[work], random() * durationMs)) counts.killed += 1;
      // A backup that was killed has its name only if it is whole, and then it can be restored.
      if (work === "backup" && (await readdir(folder)).includes("killed.gz") && !(await isWhole(join(folder, "killed.gz"))))
        counts.looksWhole += 1;
      const server = await start(where).catch((error) => {
        log.show();
        throw new Error(`There was no start after kill ${round + 1} of ${work}`, { cause: error });
      });
      counts.starts += 1;
      const found = work === "migrate" ? { lost: 0, half: 0, miscounted: 0 } : await verify(server.url, ledger);
      for (const kind of /** @type {const} */ (["lost", "half", "miscounted"])) counts[kind] += found[kind];
      await server.stop();
    }
  }
  log.show();
  return [
    told("commands that were killed before their end", counts.killed),
    exactly("starts after it that succeeded", counts.starts, ROUNDS * WORKS.length),
    exactly("sessions that are lost", counts.lost, 0),
    exactly("sessions in halves", counts.half, 0),
    exactly("projects that count their sessions wrongly", counts.miscounted, 0),
    exactly("broken backups that look whole", counts.looksWhole, 0),
    atMost("files that were left in the folder of backups", (await readdir(folder)).length, ROUNDS + 2, ""),
    exactly("internal errors in the log", log.failures().length, 0),
  ];
}

async function write(/** @type {string} */ url, /** @type {import("./ledger.mjs").Ledger} */ ledger) {
  const writers = Array.from({ length: WRITERS }, (_, index) => ledger.createWriter(`project-${index % 2}`));
  await Promise.all(
    writers.map(async (send) => {
      for (let count = 0; count < WRITES; count += 1) await send(url);
    }),
  );
}

function spawnCommand(/** @type {DatabaseLocation} */ { databaseUrl, dataDir }, /** @type {readonly string[]} */ args) {
  const env = {
    PATH: process.env.PATH,
    BOOTSTRAP_API_KEY: API_KEY,
    DATA_DIR: dataDir,
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
  };
  return spawn(process.execPath, ["dist/main.js", ...args], { env, stdio: "ignore" });
}

async function runToEnd(/** @type {DatabaseLocation} */ location, /** @type {readonly string[]} */ args) {
  const [code] = await once(spawnCommand(location, args), "exit");
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}`);
}

async function measure(/** @type {DatabaseLocation} */ location, /** @type {readonly string[]} */ args) {
  const startedAt = performance.now();
  await runToEnd(location, args);
  return performance.now() - startedAt;
}

/** @returns {Promise<boolean>} whether it was killed before its end */
async function runAndKill(/** @type {DatabaseLocation} */ location, /** @type {readonly string[]} */ args, /** @type {number} */ afterMs) {
  const child = spawnCommand(location, args);
  const ended = once(child, "exit");
  await Promise.race([ended, delay(afterMs)]);
  child.kill("SIGKILL");
  const [, signal] = await ended;
  return signal === "SIGKILL";
}

/** Restores a backup into an empty database. */
async function isWhole(/** @type {string} */ file) {
  const [code] = await once(spawnCommand(await makeFolder(), ["restore", file]), "exit");
  return code === 0;
}
